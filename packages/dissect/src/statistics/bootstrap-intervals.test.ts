import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { dissectionOf, labeledNoise, tallyOf } from '../../test-support/labeled-noise.ts';
import { bootstrapIntervals } from './bootstrap-intervals.ts';
import { quantileOf } from './quantile-of.ts';

describe('bootstrapIntervals', () => {
  it('are those of tallies of the drawn images, one after the other', () => {
    const noise = labeledNoise({ seed: 1, count: 40, units: 6 });
    const dissection = dissectionOf(noise);
    const [resamples, level, seed] = [70, 0.8, 5];
    const random = createRandom(seed);
    const ious = dissection.units.map((): number[] => []);
    for (let resample = 0; resample < resamples; resample++) {
      const images = Array.from({ length: 40 }, () => noise.images[random.integer(40)]!);
      const tally = tallyOf({ ...noise, images });
      dissection.units.forEach(({ unit, best }) => {
        if (best !== null) ious[unit]!.push(tally.match(unit, best.concept.number).iou);
      });
    }
    const intervals = bootstrapIntervals(dissection, { resamples, level, seed });
    expect(intervals.length).toBe(6);
    intervals.forEach((interval, unit) => {
      const rising = ious[unit]!.sort((a, b) => a - b);
      expect(interval![0]).toBeCloseTo(quantileOf(rising, 0.1), 12);
      expect(interval![1]).toBeCloseTo(quantileOf(rising, 0.9), 12);
      // Unit 0 fires where its concept is, on whichever images.
      if (unit === 0) expect(interval).toEqual([1, 1]);
      else expect(interval![0]).toBeLessThan(interval![1]);
    });
  });

  // Images of one pixel on which the unit fires, a share of which carries the concept: the IoU of a resample is a
  // binomial number by the number of images.
  it('are the quantiles of the binomial distribution where the IoU is a proportion', () => {
    const [images, carrying] = [80, 24];
    const concepts = ['sky', 'sea'].map((name, index) => ({ number: index + 1, name, category: 'object' }));
    const best = { concept: concepts[0]!, truth: 24, activation: 80, intersection: 24, iou: 24 / 80 };
    const imageCounts = Array.from({ length: images }, (_, image) => {
      const isSky = image < carrying;
      return { image, labels: [isSky ? 1 : 2], truth: [1], units: [0], activation: [1], intersection: [1] };
    });
    const unit = { unit: 0, best, isDetector: true, byCategory: [best], threshold: 0, topImages: [] };
    const dissection = { units: [unit], imageCounts, concepts, images };
    const [interval] = bootstrapIntervals(dissection, { resamples: 20_000, level: 0.95, seed: 2 });
    expect(interval![0] * images).toBeCloseTo(binomialQuantile(images, 0.3, 0.025), 6);
    expect(interval![1] * images).toBeCloseTo(binomialQuantile(images, 0.3, 0.975), 6);
  });

  it('are points where all images are alike', () => {
    const noise = labeledNoise({ seed: 3, count: 1, units: 3 });
    const alike = { ...noise, images: Array.from({ length: 9 }, (_, image) => ({ ...noise.images[0]!, image })) };
    const dissection = dissectionOf(alike);
    bootstrapIntervals(dissection, { resamples: 50 }).forEach((interval, unit) => {
      const { best } = dissection.units[unit]!;
      if (best === null) expect(interval).toBeNull();
      else
        expect(interval!.map((bound) => bound.toFixed(12))).toEqual([best.iou, best.iou].map((iou) => iou.toFixed(12)));
    });
  });

  it('depend on the seed, and on nothing else', () => {
    const dissection = dissectionOf(labeledNoise({ seed: 4, count: 30, units: 3 }));
    const intervals = bootstrapIntervals(dissection, { resamples: 100, seed: 1 });
    expect(bootstrapIntervals(dissection, { resamples: 100, seed: 1 })).toEqual(intervals);
    expect(bootstrapIntervals(dissection, { resamples: 100, seed: 2 })).not.toEqual(intervals);
  });

  it('hold the true IoU about as often as they say', () => {
    // Of unit 2 with concept 1, over many images.
    const many = dissectionOf(labeledNoise({ seed: 100, count: 8000, units: 2 }));
    const { concept, iou } = many.units[1]!.best!;
    let held = 0;
    const runs = 80;
    for (let run = 0; run < runs; run++) {
      const noise = labeledNoise({ seed: 1000 + run, count: 60, units: 2 });
      const dissection = dissectionOf(noise);
      const best = tallyOf(noise).match(1, concept.number);
      const units = [{ ...dissection.units[1]!, unit: 0, best }];
      const imageCounts = dissection.imageCounts.map((counts) => {
        const row = counts.units.indexOf(1);
        const labels = counts.labels.length;
        return {
          ...counts,
          units: row === -1 ? [] : [0],
          activation: row === -1 ? [] : [counts.activation[row]!],
          intersection: row === -1 ? [] : counts.intersection.slice(row * labels, (row + 1) * labels),
        };
      });
      const [interval] = bootstrapIntervals({ ...dissection, units, imageCounts }, { resamples: 200, level: 0.9 });
      if (interval![0] <= iou && iou <= interval![1]) held++;
    }
    // 90 %, and a few less as percentile intervals of small samples are somewhat short.
    expect(held / runs).toBeGreaterThan(0.8);
    expect(held / runs).toBeLessThan(0.97);
  });

  it('refuse a dissection without counts of its images', () => {
    const dissection = { ...dissectionOf(labeledNoise({ seed: 4, count: 3, units: 1 })), imageCounts: [] };
    expect(() => bootstrapIntervals(dissection)).toThrow(
      '@cnnviz/dissect: bootstrapIntervals: the dissection has the counts of 0 of its 3 images: dissect with keepImages',
    );
  });

  it.each<[string, object]>([
    ['resamples must be an integer >= 1, got 0', { resamples: 0 }],
    ['level must be a number > 0 and < 1, got 1', { level: 1 }],
    ['seed must be an integer >= 0', { seed: -1 }],
  ])('refuse: %s', (message, options) => {
    const dissection = dissectionOf(labeledNoise({ seed: 4, count: 3, units: 1 }));
    expect(() => bootstrapIntervals(dissection, options)).toThrow(`@cnnviz/dissect: bootstrapIntervals: ${message}`);
  });
});

/** The smallest number of successes that is not exceeded with the probability. */
function binomialQuantile(trials: number, p: number, probability: number): number {
  let mass = (1 - p) ** trials;
  let sum = mass;
  let successes = 0;
  while (sum < probability) {
    successes++;
    mass *= ((trials - successes + 1) / successes) * (p / (1 - p));
    sum += mass;
  }
  return successes;
}
