import { createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { dissectionOf, labeledNoise, tallyOf } from '../../test-support/labeled-noise.ts';
import type { ConceptData } from '../data/concepts.ts';
import { dissect } from '../dissection/dissect.ts';
import { conceptScenes } from '../scenes/concept-scenes.ts';
import { ChanceTally } from '../tallies/chance-tally.ts';
import { bootstrapIntervals } from './bootstrap-intervals.ts';
import { chanceLevel } from './chance-level.ts';
import { dissectionStatistics } from './dissection-statistics.ts';
import { falseDiscoveryRate } from './false-discovery-rate.ts';

useBackend('cpu');

/** Noise with its chance level. */
function withChance(options: { seed: number; count: number; units: number; permutations: number }) {
  const noise = labeledNoise(options);
  const tally = new ChanceTally({ ...noise.options, permutations: options.permutations, seed: options.seed });
  tally.add(noise.images);
  const { permutations } = options;
  return { ...dissectionOf(noise), chance: { permutations, seed: options.seed, ious: tally.result(tallyOf(noise)) } };
}

describe('dissectionStatistics', () => {
  it('puts intervals, chance levels and false discovery rates together', () => {
    const dissection = withChance({ seed: 1, count: 40, units: 8, permutations: 199 });
    const statistics = dissectionStatistics(dissection, {
      resamples: 100,
      level: 0.9,
      seed: 3,
      dependence: 'any',
    });
    const levels = chanceLevel(dissection);
    const { adjusted, isDiscovery } = falseDiscoveryRate(
      levels.map(({ p }) => p),
      { dependence: 'any' },
    );
    const intervals = bootstrapIntervals(dissection, { resamples: 100, level: 0.9, seed: 3 });
    expect(statistics.units).toEqual(
      dissection.units.map(({ unit, best, isDetector }, index) => ({
        unit,
        concept: best!.concept,
        iou: best!.iou,
        isDetector,
        interval: intervals[index],
        chance: levels[index],
        adjustedP: adjusted[index],
        isAboveChance: isDiscovery[index],
      })),
    );
    expect(statistics).toMatchObject({
      layer: 'noise',
      permutations: 199,
      falseDiscoveryRate: 0.05,
      dependence: 'any',
      aboveChance: isDiscovery.filter((is) => is).length,
      detectors: dissection.units.filter(({ isDetector }) => isDetector).length,
    });
    expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
  });

  it('says nothing of what was not asked for', () => {
    const dissection = { ...dissectionOf(labeledNoise({ seed: 1, count: 10, units: 2 })), imageCounts: [] };
    const { units, aboveChance, permutations } = dissectionStatistics(dissection);
    expect([aboveChance, permutations]).toEqual([null, 0]);
    for (const each of units) {
      expect(each).toMatchObject({ interval: null, chance: null, adjustedP: null, isAboveChance: null });
    }
  });

  // Unit 0 is made to detect concept 1; all others are noise, and yet have IoUs far above 0.04.
  it('gives the detector the smallest p-value, and noise each one equally often', () => {
    const [runs, units, permutations] = [30, 21, 39];
    const pValues: number[] = [];
    let overLimit = 0;
    for (let seed = 0; seed < runs; seed++) {
      const dissection = withChance({ seed, count: 30, units, permutations });
      const [detector, ...noise] = dissectionStatistics(dissection, { resamples: 1 }).units;
      expect(detector!.concept!.number).toBe(1);
      expect(detector!.chance!.p).toBe(1 / (permutations + 1));
      pValues.push(...noise.map(({ chance }) => chance!.p));
      overLimit += noise.filter(({ isDetector }) => isDetector).length;
    }
    expect(overLimit).toBeGreaterThan(0.8 * pValues.length);
    // p-values are 1/40, 2/40, ... and each is equally likely, so that P(p <= x) = x.
    for (const level of [0.05, 0.1, 0.5]) {
      const share = pValues.filter((p) => p <= level).length / pValues.length;
      const deviation = Math.sqrt((level * (1 - level)) / pValues.length);
      expect(Math.abs(share - level)).toBeLessThan(4 * deviation);
    }
    const bins = Array.from(
      { length: 8 },
      (_, bin) => pValues.filter((p) => Math.ceil(p * 8 - 1e-9) === bin + 1).length,
    );
    const expected = pValues.length / 8;
    // 26.1 is exceeded once in two thousand times by 7 degrees of freedom.
    expect(bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(26.1);
  });

  it('lists the detector among noise once there are permutations enough', () => {
    let falseOnes = 0;
    for (let seed = 0; seed < 10; seed++) {
      const dissection = withChance({ seed, count: 30, units: 8, permutations: 399 });
      const [detector, ...noise] = dissectionStatistics(dissection, { resamples: 1 }).units;
      expect(detector!.isAboveChance).toBe(true);
      falseOnes += noise.filter(({ isAboveChance }) => isAboveChance).length;
    }
    // At most 5 % of all that are listed, expected: of ten true ones about 0.5, and hardly ever four.
    expect(falseOnes).toBeLessThan(4);
  });

  it('sees through a unit that only looks at a place', async () => {
    const size = 24;
    const concepts = conceptScenes({ seed: 5, count: 60, size });
    const below = tf.tensor1d(Array.from({ length: size }, (_, y) => Number(y > size / 2)));
    const dissection = await dissect({
      probe: (images) => {
        const reds = tf.less(tf.sum(tf.square(tf.sub(images, [220, 30, 40])), 3, true), 2000);
        const lower = tf.mul(tf.onesLike(tf.slice(images, 0, [-1, -1, -1, 1])), tf.reshape(below, [1, size, 1, 1]));
        return tf.concat([tf.cast(reds, 'float32'), lower], 3) as tf.Tensor4D;
      },
      concepts,
      upsampling: 'align-corners',
      quantile: 0.4,
      chance: { permutations: 99 },
    });
    below.dispose();
    const [red, lower] = dissectionStatistics(dissection).units;
    expect([red!.isDetector, lower!.isDetector]).toEqual([true, true]);
    expect([red!.isAboveChance, lower!.isAboveChance]).toEqual([true, false]);
    expect(lower!.chance!.mean).toBeCloseTo(lower!.iou, 1);
  });

  it.each<[string, object]>([
    ['falseDiscoveryRate must be a number > 0 and < 1, got 1', { falseDiscoveryRate: 1 }],
    ['resamples must be an integer >= 1, got 0.5', { resamples: 0.5 }],
    ['level must be a number > 0 and < 1, got 0', { level: 0 }],
    ['seed must be an integer >= 0', { seed: -1 }],
    ['dependence must be one of "positive", "any", got "none"', { dependence: 'none' }],
  ])('refuses: %s', (message, options) => {
    const dissection = dissectionOf(labeledNoise({ seed: 1, count: 2, units: 1 }));
    expect(() => dissectionStatistics(dissection, options)).toThrow(
      `@cnnviz/dissect: dissectionStatistics: ${message}`,
    );
  });
});

describe('dissect with a chance level', () => {
  /** Noise as pixels, so that a probe can make masks of them. */
  function noiseData(count: number): ConceptData {
    const { images, options } = labeledNoise({ seed: 8, count, units: 1 });
    const random = createRandom(8);
    const [height, width] = options.labelSize;
    const pixels = images.map(() => Uint8Array.from({ length: height * width * 3 }, () => random.integer(256)));
    return {
      concepts: options.concepts,
      categories: options.categories,
      imageSize: [height, width],
      labelSize: [height, width],
      count,
      read: async (index) => ({ ...images[index]!.concepts, pixels: pixels[index]!.slice(), height, width }),
    };
  }
  const options = {
    probe: (images: tf.Tensor4D) => images,
    concepts: noiseData(150),
    upsampling: 'half-pixel',
    quantile: 0.9,
    keepImages: true,
    chance: { permutations: 9, seed: 3 },
  } as const;

  it('changes nothing else', async () => {
    const { chance, ...rest } = await dissect(options);
    const { chance: _, ...bare } = options;
    const { chance: none, ...without } = await dissect(bare);
    expect(rest).toEqual(without);
    expect(none).toBeNull();
    expect([chance!.permutations, chance!.seed]).toEqual([9, 3]);
    expect(chance!.ious.map(({ length }) => length)).toEqual([9, 9, 9]);
  });

  it('is the same for every batch size and memory, and from wherever it resumes', async () => {
    const whole = await dissect(options);
    expect(await dissect({ ...options, batchSize: 7, activationMemory: 3000 })).toEqual(whole);
    const states: Parameters<typeof dissect>[0]['resume'][] = [];
    await dissect({ ...options, batchSize: 50, onProgress: ({ state }) => void states.push(structuredClone(state())) });
    expect(states.length).toBeGreaterThan(6);
    for (const state of states) {
      const plain = JSON.parse(JSON.stringify(state)) as NonNullable<typeof state>;
      expect(await dissect({ ...options, batchSize: 40, resume: plain })).toEqual(whole);
    }
    const other = { ...options, chance: { permutations: 8, seed: 3 } };
    await expect(dissect({ ...other, resume: states.at(-1)! })).rejects.toThrow(
      'the state was saved with different chance',
    );
    const { chance: _, ...none } = options;
    await expect(dissect({ ...none, resume: states[0]! })).rejects.toThrow('the state was saved with different chance');
  });

  it('is that of a ChanceTally of the same groups', async () => {
    const tally = new ChanceTally({ ...labeledNoise({ seed: 8, count: 1, units: 3 }).options, ...options.chance });
    const groups: Parameters<typeof tally.add>[0][number][][] = [[]];
    let last: ReturnType<typeof tally.state> | null = null;
    await dissect({
      ...options,
      onMasks: ({ image, concepts, masks }) => void groups.at(-1)!.push({ image, concepts, masks }),
      onProgress: ({ phase, state }) => {
        if (phase === 'thresholds') return;
        groups.push([]);
        last = state().layers[0]!.chance;
      },
    });
    for (const group of groups) tally.add(group);
    expect(last).toEqual(tally.state());
    expect([tally.images, groups.length < 10]).toEqual([150, true]);
  });

  it.each<[string, object]>([
    ['chance.permutations must be an integer >= 1, got 0', { permutations: 0 }],
    ['chance.seed must be an integer >= 0', { seed: 0.5 }],
  ])('refuses: %s', async (message, chance) => {
    await expect(dissect({ ...options, chance })).rejects.toThrow(`@cnnviz/dissect: dissect: ${message}`);
  });
});
