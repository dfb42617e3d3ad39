import { tinyCnn, useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Checkpoint, checkpointOf, type EvolveImagesOptions, evolveImages } from './evolve-images.ts';

useBackend('cpu');

const subject = { model: tinyCnn(), shape: [8, 8, 1], bounds: [0, 1] } as const;
const base = { generations: 6, populationSize: 10, batchSize: 10, seed: 1, onProgress: () => {} };
const run = (options: Partial<EvolveImagesOptions> = {}) =>
  evolveImages(subject, { ...base, encoding: 'cppn', ...options });

afterEach(() => void vi.restoreAllMocks());

/** Lets each look at the clock find it so many minutes later. */
function hurry(minutes: number): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 60_000 * minutes;
    return now;
  });
}

describe.each(['direct', 'cppn'] as const)('evolveImages with %s', (encoding) => {
  it('evolves an image for each class, surer and surer, and keeps no tensor', async () => {
    const before = tf.memory().numTensors;
    const { elites, history } = await run({ encoding });
    expect(tf.memory().numTensors).toBe(before);
    expect(elites.map(({ cell }) => cell)).toEqual([0, 1, 2]);
    expect(history.map(({ generation }) => generation)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(history.at(-1)!.mean).toBeGreaterThan(history[0]!.mean);
  });

  it('resumes from a checkpoint as if it had not stopped, and adds up the time', async () => {
    const unbroken = await run({ encoding });
    const { state, history } = await run({ encoding, generations: 2 });
    const resume: Checkpoint = JSON.parse(JSON.stringify(checkpointOf(state, history)));
    const resumed = await run({ encoding, resume });
    expect(resumed.elites).toEqual(unbroken.elites);
    expect(resumed.history.map(({ mean }) => mean)).toEqual(unbroken.history.map(({ mean }) => mean));
    for (const clock of ['seconds', 'processorSeconds'] as const) {
      const times = resumed.history.map((statistics) => statistics[clock]);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.at(-1)).toBeGreaterThan(history.at(-1)![clock]);
    }
  });
});

describe('evolveImages', () => {
  it('stops when its minutes are up, with what there is', async () => {
    hurry(1);
    const { elites, history, state } = await run({ minutes: 4, generations: 100 });
    expect(history.length).toBeGreaterThan(1);
    expect(history.length).toBeLessThan(10);
    expect(state.generation).toBe(history.at(-1)!.generation);
    expect(elites).toHaveLength(3);
  });

  it('hands out a checkpoint every three minutes', async () => {
    hurry(1);
    const generations: number[] = [];
    const keep = async ({ state, history }: Checkpoint) => {
      expect(state.generation).toBe(history.at(-1)!.generation);
      generations.push(state.generation);
    };
    await run({ generations: 12, keep });
    expect(generations.length).toBeGreaterThan(2);
    expect(generations.length).toBeLessThan(12);
  });

  it('throws what the model throws', async () => {
    const broken = { ...subject, model: () => tf.fill([10, 3], Number.NaN) as tf.Tensor2D };
    await expect(evolveImages(broken, { ...base, encoding: 'cppn', minutes: 1 })).rejects.toThrow('logits');
  });
});
