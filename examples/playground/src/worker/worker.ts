import * as tf from '@tensorflow/tfjs-core';
import * as Comlink from 'comlink';
import { type BackendName, type BackendState, backendsHere, startBackend, startBestBackend } from './backends.ts';
import { digit } from './digit.ts';
import { evolution } from './evolution.ts';
import { changeAlone, stop } from './jobs.ts';
import { maximization } from './maximization.ts';
import { describeVisitorNetwork, forgetNetworks, useVisitorNetwork } from './networks.ts';
import { oneMax } from './one-max.ts';
import { units } from './units.ts';
import type { ModelSource } from './visitor-model.ts';

const api = {
  backends: (): Promise<BackendState[]> => backendsHere(),
  /** Stops all jobs. Without a name, the best that starts. If the named one does not start, the one before stays. */
  useBackend: (name?: BackendName): Promise<BackendInUse> => changeAlone(() => switchBackend(name)),
  /** Stops all jobs. Without a source, the shipped networks. If the source has none, the one before stays. */
  useNetwork: (source?: ModelSource): Promise<void> =>
    changeAlone(async () => {
      if (source === undefined) forgetNetworks();
      else await useVisitorNetwork(source);
    }),
  /** What the visitor brought, if anything. */
  visitorNetwork: describeVisitorNetwork,
  stop,
  memory: (): { numTensors: number; numBytes: number } => {
    const { numTensors, numBytes } = tf.memory();
    return { numTensors, numBytes };
  },
  // One line a chapter.
  digit: Comlink.proxy(digit),
  evolution: Comlink.proxy(evolution),
  oneMax: Comlink.proxy(oneMax),
  units: Comlink.proxy(units),
  maximization: Comlink.proxy(maximization),
};

export type Api = typeof api;

export interface BackendInUse {
  name: BackendName;
  /** Why the visitor's network was given up: it cannot be used on this backend. */
  lostNetwork: string | undefined;
}

async function switchBackend(asked: BackendName | undefined): Promise<BackendInUse> {
  const before = tf.engine().backendName as BackendName | undefined;
  const source = forgetNetworks();
  const lostNetwork = () =>
    source &&
    useVisitorNetwork(source).then(
      () => undefined,
      (error: Error) => error.message,
    );
  try {
    const name = asked ?? (await startBestBackend());
    if (asked !== undefined) await startBackend(asked);
    return { name, lostNetwork: await lostNetwork() };
  } catch (error) {
    if (before) {
      await tf.setBackend(before);
      await lostNetwork();
    }
    throw error;
  }
}

Comlink.expose(api);
