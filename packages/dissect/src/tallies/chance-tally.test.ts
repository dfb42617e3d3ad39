import { createRandom } from '@cnnviz/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labeledNoise, tallyOf } from '../../test-support/labeled-noise.ts';
import { ChanceTally, type ChanceTallyState, type LabeledMasks } from './chance-tally.ts';

const categoriesOf = ({ concepts }: LabeledMasks) => {
  const isObject = concepts.maps.some(({ labels }) => labels.some((label) => label > 0));
  return `${isObject} ${concepts.imageLabels.length > 0}`;
};

describe('ChanceTally', () => {
  it.each(['once', 'netdissect'] as const)(
    'has the best IoUs of tallies in which images of a kind have exchanged their labels: %s',
    (repeatedLabels) => {
      const { images, options } = labeledNoise({ seed: 1, count: 30, units: 4 });
      const noise = { images, options: { ...options, repeatedLabels } };
      const [seed, permutations] = [9, 12];
      const chance = new ChanceTally({ ...noise.options, permutations, seed });
      chance.add(noise.images);

      const kinds = new Map<string, LabeledMasks[]>();
      for (const each of noise.images) kinds.set(categoriesOf(each), [...(kinds.get(categoriesOf(each)) ?? []), each]);
      expect(kinds.size).toBe(4);
      const orders = [...kinds.values()].map((images) => {
        const random = createRandom(createRandom(seed).integer(2 ** 32) + images[0]!.image);
        return { images, orders: Array.from({ length: permutations }, () => random.permutation(images.length)) };
      });
      const own = tallyOf(noise);
      const ious = chance.result(own);
      for (let permutation = 0; permutation < permutations; permutation++) {
        const images = orders.flatMap(({ images, orders }) =>
          images.map((each, index) => ({ ...each, concepts: images[orders[permutation]![index]!]!.concepts })),
        );
        const tally = tallyOf({ ...noise, images });
        tally.result().forEach(({ unit, best }) => {
          expect(ious[unit]![permutation]).toBe(best?.iou ?? 0);
          // What makes the IoU a matter of the intersection alone.
          for (const { number } of noise.options.concepts) {
            const { truth, activation } = own.match(unit, number);
            expect(tally.match(unit, number)).toMatchObject({ truth, activation });
          }
        });
      }
    },
  );

  it('refuses a tally that counts pixels another way', () => {
    const { images, options } = labeledNoise({ seed: 1, count: 3, units: 4 });
    const chance = new ChanceTally({ ...options, permutations: 2, repeatedLabels: 'netdissect' });
    chance.add(images);
    expect(() => chance.result(tallyOf({ images, options }))).toThrow(
      'tally must have repeatedLabels netdissect, got once',
    );
  });

  // Over all permutations each image meets the labels of each other one equally often: what a unit and a concept share
  // is, on average, at each pixel (images where it fires) · (images that carry it) / images.
  it('has the mean intersection that position alone gives', () => {
    const noise = labeledNoise({ seed: 2, count: 40, units: 2 });
    // All of one kind: what is not concept 1 is concept 2.
    const images = noise.images
      .filter(({ concepts }) => concepts.maps.length > 0)
      .map(({ concepts: { name, maps }, ...rest }) => {
        const labeled = maps.map((map) => ({ ...map, labels: map.labels.map((label) => (label === 1 ? 1 : 2)) }));
        return { ...rest, concepts: { name, maps: labeled, imageLabels: [] } };
      });
    const [permutations, [height, width]] = [1500, noise.options.labelSize];
    const chance = new ChanceTally({ ...noise.options, permutations, seed: 4 });
    chance.add(images);
    const bytes = Uint8Array.from(atob(chance.state().intersection), (character) => character.charCodeAt(0));
    const intersections = new Uint32Array(bytes.buffer);
    for (const unit of [0, 1]) {
      const [fires, carries] = [new Float64Array(height * width), new Float64Array(height * width)];
      for (const { masks, concepts } of images) {
        for (const pixel of masks.pixels.subarray(masks.starts[unit]!, masks.starts[unit + 1]!)) fires[pixel]!++;
        for (const { labels } of concepts.maps) {
          labels.forEach((label, pixel) => {
            if (label === 1) carries[pixel]!++;
          });
        }
      }
      const expected = fires.reduce((sum, times, pixel) => sum + times * carries[pixel]!, 0) / images.length;
      // Concept 1 is the first of five.
      const counts = [...intersections.subarray(5 * unit * permutations, (5 * unit + 1) * permutations)];
      const mean = counts.reduce((sum, count) => sum + count, 0) / permutations;
      const deviation = Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / permutations);
      expect(deviation).toBeGreaterThan(0);
      expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(permutations));
    }
  });

  it('does not depend on how groups are ordered, split and merged', () => {
    const { images, options } = labeledNoise({ seed: 3, count: 24, units: 3 });
    const all = { ...options, permutations: 5, seed: 1 };
    const groups = [0, 1, 2, 3].map((group) => images.slice(6 * group, 6 * group + 6));
    const whole = new ChanceTally(all);
    for (const group of groups) whole.add(group);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
        fc.array(fc.nat(1), { minLength: 4, maxLength: 4 }),
        (order, inGroup, shards) => {
          const parts = [new ChanceTally(all), new ChanceTally(all)];
          for (const group of order) parts[shards[group]!]!.add(inGroup.map((index) => groups[group]![index]!));
          const restored = ChanceTally.from(JSON.parse(JSON.stringify(parts[0]!.state())) as ChanceTallyState);
          restored.merge(parts[1]!);
          expect(restored.state()).toEqual(whole.state());
          expect(restored.images).toBe(24);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('exchanges otherwise with another seed', () => {
    const noise = labeledNoise({ seed: 3, count: 24, units: 3 });
    const [first, second] = [0, 1].map((seed) => {
      const chance = new ChanceTally({ ...noise.options, seed });
      chance.add(noise.images);
      return chance.result(tallyOf(noise));
    });
    expect(first).not.toEqual(second);
    expect(first![0]!.length).toBe(99);
  });

  const noise = labeledNoise({ seed: 3, count: 4, units: 2 });
  const made = (change: object = {}) => new ChanceTally({ ...noise.options, ...change });
  it.each<[string, () => unknown]>([
    ['permutations must be an integer >= 1, got 0', () => made({ permutations: 0 })],
    ['units must be an integer >= 1, got 0', () => made({ units: 0 })],
    ['masks must be those of 3 units, got 2', () => made({ units: 3 }).add(noise.images)],
    ['cannot merge tallies with different seed', () => made().merge(made({ seed: 1 }))],
    ['tally must have the same 0 images, got 4', () => made().result(tallyOf(noise))],
    ['state must be an object, got null', () => ChanceTally.from(null as never)],
    [
      'intersection must have 990 counts, got 1',
      () => ChanceTally.from({ ...made().state(), intersection: 'AAAAAA==' }),
    ],
    ['cannot count labels of more than 2^32 pixels', () => ChanceTally.from({ ...made().state(), pixels: 2 ** 32 })],
  ])('refuses: %s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: ChanceTally: ${message}`));
});
