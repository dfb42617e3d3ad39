import { createRandom } from '@cnnviz/internal';
import { answerLater, useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { conceptScenes } from '../scenes/concept-scenes.ts';
import { dissectLayers } from './dissect.ts';
import { type DissectionShard, dissectShard } from './dissect-shard.ts';
import type { DissectLayersOptions } from './dissection-options.ts';
import { mergeShards } from './merge-shards.ts';

const COUNT = 23;
const concepts = conceptScenes({ seed: 3, count: COUNT, size: 32 });
type Options = Omit<DissectLayersOptions, 'onProgress'>;

const options: Options = {
  probe: (images) => ({ pixels: images, halves: tf.avgPool(images, 4, 2, 'valid') }),
  concepts,
  upsampling: { pixels: 'half-pixel', halves: 'align-corners' },
  quantile: 0.9,
  topImages: 3,
  keepImages: true,
};

useBackend('cpu');

/** Cuts the images anywhere, and mixes the shards. */
function shardsOf(seed: number): [number, number][] {
  const random = createRandom(seed);
  const cuts = [0, ...Array.from({ length: seed }, () => random.integer(COUNT + 1)), COUNT].sort((a, b) => a - b);
  const ranges = cuts.slice(1).map((end, index): [number, number] => [cuts[index]!, end]);
  const filled = ranges.filter(([first, end]) => end > first);
  return Array.from(random.permutation(filled.length), (index) => filled[index]!);
}

/** As it comes over a network. */
const carried = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

async function inShards(given: Options, first: [number, number][], second: [number, number][]) {
  const find = async (images: [number, number]) => carried(await dissectShard({ ...given, images }));
  const thresholds = carried(await mergeShards(await Promise.all(first.map(find)), { count: COUNT }));
  const compare = async (images: [number, number]) => carried(await dissectShard({ ...given, thresholds, images }));
  const state = await mergeShards(await Promise.all(second.map(compare)), { count: COUNT, thresholds });
  const silent = { ...given, probe: () => expect.unreachable('no image is looked at again') };
  return dissectLayers({ ...silent, resume: carried(state) });
}

describe('dissectShard and mergeShards', () => {
  it.each([0, 1, 2, 5, 40])('give what dissectLayers gives, however the images are cut (%i times)', async (cuts) => {
    const whole = await dissectLayers(options);
    expect(whole[0]!.units.some(({ best }) => best !== null)).toBe(true);
    expect(JSON.stringify(await inShards(options, shardsOf(cuts), shardsOf(cuts + 1)))).toBe(JSON.stringify(whole));
  });

  it('give it with a probe that answers later', async () => {
    const probe = (images: Tensor4D) => options.probe(images) as Record<string, Tensor4D>;
    const whole = await dissectLayers(options);
    const before = tf.memory().numTensors;
    const merged = await inShards({ ...options, probe: answerLater(probe) }, shardsOf(2), shardsOf(3));
    expect(JSON.stringify(merged)).toBe(JSON.stringify(whole));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('give it with sampled thresholds, other batches, and neither top images nor counts of images', async () => {
    const { topImages: _, keepImages: __, ...plain } = options;
    const sampled = { ...plain, thresholdMemory: 3000, seed: 5 };
    const whole = await dissectLayers(sampled);
    expect(whole[0]!.rankError).toBeGreaterThan(0);
    const merged = await inShards({ ...sampled, batchSize: 3 }, shardsOf(4), shardsOf(3));
    expect(JSON.stringify(merged)).toBe(JSON.stringify(whole));
  });

  it('let one process resume from the thresholds of many', async () => {
    const shards = await Promise.all(shardsOf(3).map((images) => dissectShard({ ...options, images })));
    const state = await mergeShards(shards, { count: COUNT });
    expect(await dissectLayers({ ...options, resume: state })).toEqual(await dissectLayers(options));
  });

  it('take shards that are read one after another', async () => {
    let held = 0;
    async function* shards(): AsyncGenerator<DissectionShard> {
      for (const images of shardsOf(5)) {
        held++;
        yield dissectShard({ ...options, images });
      }
    }
    const state = await mergeShards(shards(), { count: COUNT });
    expect(held).toBeGreaterThan(2);
    expect(state).toMatchObject({ phase: 'thresholds', images: COUNT });
  });

  it('report progress, and stop', async () => {
    const seen: unknown[] = [];
    await dissectShard({
      ...options,
      images: [2, 9],
      batchSize: 4,
      onProgress: (progress) => void seen.push(progress),
    });
    expect(seen).toEqual([
      { done: 4, total: 7 },
      { done: 7, total: 7 },
    ]);
    const controller = new AbortController();
    const before = tf.memory().numTensors;
    const stopped = dissectShard({
      ...options,
      images: [0, 9],
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('say what is wrong', async () => {
    const shard = (images: [number, number], more: Partial<Options> = {}) =>
      dissectShard({ ...options, ...more, images });
    await expect(shard([5, 5])).rejects.toThrow(
      new RangeError('@cnnviz/dissect: dissectShard: images[1] must be an integer >= 6 and <= 23, got 5'),
    );
    await expect(shard([0, 24])).rejects.toThrow('images[1] must be an integer >= 1 and <= 23, got 24');
    const [a, b, c] = await Promise.all([shard([0, 10]), shard([10, 23]), shard([12, 23])]);
    await expect(mergeShards([a, c], { count: COUNT })).rejects.toThrow(
      new RangeError('@cnnviz/dissect: mergeShards: images 10 to 11 are in no shard'),
    );
    await expect(mergeShards([], { count: COUNT })).rejects.toThrow('images 0 to 22 are in no shard');
    await expect(mergeShards([a], { count: COUNT })).rejects.toThrow('images 10 to 22 are in no shard');
    await expect(mergeShards([a, c, b], { count: COUNT })).rejects.toThrow(
      new RangeError('@cnnviz/dissect: mergeShards: image 12 is in two shards'),
    );
    await expect(mergeShards([a, b], { count: 22 })).rejects.toThrow(
      'images[1] of a shard must be an integer >= 11 and <= 22, got 23',
    );
    await expect(mergeShards([a, 7 as never], { count: COUNT })).rejects.toThrow(TypeError);
    const thresholds = await mergeShards([b, a], { count: COUNT });
    await expect(mergeShards([a, b], { count: COUNT, thresholds })).rejects.toThrow(
      'expected shards of the phase masks, got one of the phase thresholds',
    );
    const nameless = { toString: null };
    const masks = await dissectShard({ ...options, thresholds, images: [0, 10] });
    for (const [one, given] of [
      [a, {}],
      [masks, { thresholds }],
    ] as const) {
      const layers = one!.layers.map((layer) => ({ ...layer, layer: nameless }));
      await expect(mergeShards([{ ...one, layers } as never], { count: COUNT, ...given })).rejects.toThrow(
        'mergeShards: a shard is damaged: a layer of it has no name',
      );
      await expect(mergeShards([{ ...one, layers: Array(1) } as never], { count: COUNT, ...given })).rejects.toThrow(
        'mergeShards: a shard is damaged',
      );
    }
    await expect(mergeShards([{ ...a, phase: nameless } as never], { count: COUNT })).rejects.toThrow(
      'mergeShards: phase of a shard must be one of',
    );
    const { probe } = options;
    const halves = { probe, upsampling: { halves: 'half-pixel' } } as const;
    await expect(mergeShards([a, await shard([10, 23], halves)], { count: COUNT })).rejects.toThrow(
      'shards of the layers halves (15 x 15) cannot be merged with those of pixels (32 x 32), halves (15 x 15)',
    );
    const other = await shard([10, 23], { repeatedLabels: 'netdissect' });
    await expect(mergeShards([a, other], { count: COUNT })).rejects.toThrow(
      'mergeShards: a shard was saved with different repeatedLabels',
    );
    await expect(shard([0, 9], { thresholds, seed: 4 } as never)).rejects.toThrow(
      'dissectShard: the state was saved with different seed',
    );
    const partly = { ...thresholds, images: 10 };
    await expect(dissectShard({ ...options, thresholds: partly, images: [0, 9] })).rejects.toThrow(
      'thresholds must be those of all 23 images, as mergeShards gives them',
    );
  });
});
