import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';

/** What is left after a round, in bytes but for the tensors. */
export interface Remains {
  tensors: number;
  tensorBytes: number;
  /** Of the wasm backend; 0 on others. It never shrinks. */
  wasmHeap: number;
  /** Of JavaScript, after collecting garbage where node runs with --expose-gc. */
  jsHeap: number;
  /** Of the whole process. */
  resident: number;
}

export interface Round {
  /** From 1. */
  round: number;
  seconds: number;
  /** The same for the same results. */
  digest: string;
  remains: Remains;
}

export interface SoakOptions {
  /** One round of the work. @returns A digest of its results. */
  work: () => Promise<string>;
  /** Asked after each round. */
  isEnough: (rounds: readonly Round[]) => boolean;
  onRound?: (round: Round) => void;
}

/** Rounds in which caches, compiled code and the backend's heap may still grow. */
const SETTLING = 2;
/** From one half of the rounds to the other: collectors keep what they may need again, but a wasm heap never shrinks. */
const GROWTH = { wasmHeap: 1, jsHeap: 1.1, resident: 1.1 };

/** Does the same again and again. */
export async function soak({ work, isEnough, onRound }: SoakOptions): Promise<Round[]> {
  const rounds: Round[] = [];
  do {
    const start = performance.now();
    const digest = await work();
    const round = {
      round: rounds.length + 1,
      seconds: (performance.now() - start) / 1000,
      digest,
      remains: remaining(),
    };
    rounds.push(round);
    onRound?.(round);
  } while (!isEnough(rounds));
  return rounds;
}

/** In words what was not the same in each round; empty if all was. */
export function complaintsAbout(rounds: readonly Round[]): string[] {
  const complaints: string[] = [];
  const first = rounds[0]!;
  const others = rounds.filter(({ digest }) => digest !== first.digest).map(({ round }) => round);
  if (others.length > 0) complaints.push(`the results of round ${others.join(', ')} are not those of round 1`);
  for (const what of ['tensors', 'tensorBytes'] as const) {
    const grown = rounds.find(({ remains }) => remains[what] !== first.remains[what]);
    if (grown)
      complaints.push(`${what}: ${first.remains[what]} after round 1, ${grown.remains[what]} after ${grown.round}`);
  }
  const settled = rounds.slice(SETTLING);
  if (settled.length < 2) return complaints;
  const half = Math.ceil(settled.length / 2);
  for (const what of ['wasmHeap', 'jsHeap', 'resident'] as const) {
    const sizes = settled.map(({ remains }) => remains[what]);
    const [before, after] = [median(sizes.slice(0, half)), median(sizes.slice(half))];
    if (after > GROWTH[what] * before) complaints.push(`${what}: ${before} in the first half, ${after} in the second`);
  }
  return complaints;
}

/** Of the pictures and pages of a report, but for how long anything took. */
export async function digestOfReport(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) {
    const file = await readFile(join(folder, name));
    hash.update(name).update(name.endsWith('.html') ? file.toString().replace(/<dd>\d+ s<\/dd>/g, '') : file);
  }
  return hash.digest('hex').slice(0, 16);
}

function remaining(): Remains {
  globalThis.gc?.();
  const { numTensors, numBytes } = tf.memory();
  const { heapUsed, rss } = process.memoryUsage();
  const { wasm } = tf.backend() as { wasm?: { HEAPU8: Uint8Array } };
  return {
    tensors: numTensors,
    tensorBytes: numBytes,
    wasmHeap: wasm?.HEAPU8.length ?? 0,
    jsHeap: heapUsed,
    resident: rss,
  };
}
