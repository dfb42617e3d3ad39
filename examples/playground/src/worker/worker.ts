import * as tf from '@tensorflow/tfjs-core';
import * as Comlink from 'comlink';
import { type BackendName, type BackendState, backendsHere, startBackend, startBestBackend } from './backends.ts';
import { digit } from './digit.ts';
import { evolution } from './evolution.ts';
import { changeAlone, stop } from './jobs.ts';
import { forgetNetworks, type NetworkDescription, useVisitorNetwork } from './networks.ts';
import { oneMax } from './one-max.ts';
import type { ModelSource } from './visitor-model.ts';

const api = {
  backends: (): Promise<BackendState[]> => backendsHere(),
  /** Stops all jobs. Without a name, the best that starts. If the named one does not start, the one before stays. */
  useBackend: (name?: BackendName): Promise<BackendName> => changeAlone(() => switchBackend(name)),
  /** Stops all jobs. Without a source, the shipped networks. */
  useNetwork: (source?: ModelSource): Promise<NetworkDescription | undefined> =>
    changeAlone(async () => {
      if (source !== undefined) return useVisitorNetwork(source);
      forgetNetworks();
      return undefined;
    }),
  stop,
  memory: (): { numTensors: number; numBytes: number } => {
    const { numTensors, numBytes } = tf.memory();
    return { numTensors, numBytes };
  },
  // One line a chapter.
  digit: Comlink.proxy(digit),
  evolution: Comlink.proxy(evolution),
  oneMax: Comlink.proxy(oneMax),
};

export type Api = typeof api;

async function switchBackend(name: BackendName | undefined): Promise<BackendName> {
  const before = tf.engine().backendName as BackendName | undefined;
  forgetNetworks();
  try {
    if (name === undefined) return await startBestBackend();
    await startBackend(name);
    return name;
  } catch (error) {
    if (before) await tf.setBackend(before);
    throw error;
  }
}

Comlink.expose(api);
