import { createRandom } from '@cnnviz/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numpyQuantile } from '../../test-support/obvious-dissection.ts';
import { UnitThresholds, type UnitThresholdsState } from './unit-thresholds.ts';

/** Maps of `images` images, `[positions, units]` each: unit u is normal with deviation 10^u, rectified if it is odd. */
function randomMaps(images: number, positions: number, units: number, seed = 1): Float32Array[] {
  const random = createRandom(seed);
  return Array.from({ length: images }, () =>
    Float32Array.from({ length: positions * units }, (_, index) => {
      const unit = index % units;
      const value = random.normal() * 10 ** unit;
      return unit % 2 === 1 ? Math.max(0, value) : value;
    }),
  );
}

const ofUnit = (maps: readonly Float32Array[], units: number, unit: number) =>
  maps.flatMap((map) => [...map].filter((_, index) => index % units === unit));

describe('UnitThresholds', () => {
  it.each([0.995, 1 - 5 / 999, 0.5, 0, 0.9999])('equals numpy at quantile %d', (quantile) => {
    const maps = randomMaps(40, 50, 3);
    const thresholds = new UnitThresholds({ units: 3, expected: 2000, quantile });
    maps.forEach((map, image) => {
      thresholds.add(image, map);
    });
    const { thresholds: got, rankError } = thresholds.result();
    expect(rankError).toBe(0);
    for (const [unit, threshold] of got.entries()) {
      expect(threshold).toBe(Math.fround(numpyQuantile(ofUnit(maps, 3, unit), quantile)));
    }
  });

  it('equals numpy for any activations, ties and negative ones too', () => {
    const activation = fc.oneof(fc.constantFrom(0, -0, 1, -1), fc.float({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(
        fc.array(activation, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (activations, quantile) => {
          const thresholds = new UnitThresholds({ units: 1, expected: activations.length, quantile });
          for (const [image, each] of activations.entries()) thresholds.add(image, Float32Array.of(each));
          expect(thresholds.result().thresholds[0]! + 0).toBe(Math.fround(numpyQuantile(activations, quantile)) + 0);
        },
      ),
    );
  });

  it('gives what was added so far, whatever is still expected', () => {
    const maps = randomMaps(10, 37, 2);
    const thresholds = new UnitThresholds({ units: 2, expected: 37 * 1000 });
    maps.forEach((map, image) => {
      thresholds.add(image, map);
    });
    expect(thresholds.result().thresholds[1]).toBe(Math.fround(numpyQuantile(ofUnit(maps, 2, 1), 0.995)));
  });

  it('lets no activation above the threshold be told from its lower bound', () => {
    const maps = randomMaps(200, 50, 2);
    const thresholds = new UnitThresholds({ units: 2, expected: 10_000 });
    maps.forEach((map, image) => {
      thresholds.add(image, map);
    });
    const bounds = [...thresholds.lowerBounds];
    thresholds.result().thresholds.forEach((threshold, unit) => {
      expect(bounds[unit]).toBeLessThanOrEqual(threshold);
      // Of use: it is close to it in the end.
      expect(ofUnit(maps, 2, unit).filter((value) => value > bounds[unit]!).length).toBeLessThan(100);
    });
  });

  // 200 seeds of 20,000 activations in room for 40 % of what is needed.
  it('keeps within its rank error 99 times of a hundred where it has to sample', () => {
    const maps = randomMaps(100, 200, 2, 7);
    const sorted = [0, 1].map((unit) => Float64Array.from(ofUnit(maps, 2, unit)).sort());
    let within = 0;
    let worst = 0;
    let stated = 0;
    const seeds = 200;
    for (let seed = 0; seed < seeds; seed++) {
      const thresholds = new UnitThresholds({ units: 2, expected: 20_000, quantile: 0.99, memory: 1000, seed });
      maps.forEach((map, image) => {
        thresholds.add(image, map);
      });
      const { thresholds: got, rankError } = thresholds.result();
      const share = sorted[0]!.findIndex((value) => value > got[0]!) / 20_000;
      if (Math.abs(share - 0.99) <= rankError) within++;
      worst = Math.max(worst, Math.abs(share - 0.99));
      stated = rankError;
    }
    // Fewer than 192 of 200 have a probability below 0.001 if each is within by 0.99.
    expect(within).toBeGreaterThanOrEqual(192);
    // And the error that is stated is not one that anything keeps.
    expect(worst).toBeGreaterThan(stated / 2);
    expect(stated).toBeGreaterThan(0);
    expect(stated).toBeLessThan(0.005);
  });

  it.each([
    ['exact', 200e6],
    ['sampled', 400],
  ])('does not depend on how the images are split and in which order they come: %s', (_, memory) => {
    const maps = randomMaps(12, 60, 2, 3);
    const options = { units: 2, expected: 720, quantile: 0.8, memory, seed: 5 };
    const whole = new UnitThresholds(options);
    maps.forEach((map, image) => {
      whole.add(image, map);
    });
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...maps.keys()], { minLength: 12 }),
        fc.array(fc.nat(3), { minLength: 12, maxLength: 12 }),
        (order, shards) => {
          const parts = Array.from({ length: 4 }, () => new UnitThresholds(options));
          for (const image of order) parts[shards[image]!]!.add(image, maps[image]!);
          const [left, right] = [parts[0]!, parts[2]!];
          left.merge(parts[1]!);
          right.merge(UnitThresholds.from(JSON.parse(JSON.stringify(parts[3]!.state())) as UnitThresholdsState));
          right.merge(left);
          expect(right.state()).toEqual(whole.state());
          expect(right.result()).toEqual(whole.result());
        },
      ),
      { numRuns: 30 },
    );
  });

  it('holds no more numbers than it may', () => {
    const thresholds = new UnitThresholds({ units: 2, expected: 1e6, memory: 12_000 });
    for (let image = 0; image < 100; image++) thresholds.add(image, randomMaps(1, 100, 2, image)[0]!);
    const { largest } = thresholds.state();
    for (const text of largest) expect(atob(text).length).toBeLessThanOrEqual(6000);
  });

  const valid = () => new UnitThresholds({ units: 2, expected: 8 });
  it.each([
    ['units must be an integer >= 1, got 0', () => new UnitThresholds({ units: 0, expected: 1 })],
    ['quantile must be a number >= 0 and < 1, got 1', () => new UnitThresholds({ units: 1, expected: 1, quantile: 1 })],
    [
      'activations must be maps of 2 units, [h, w, 2], got Float32Array [1, 2, 3]',
      () => valid().add(0, Float32Array.of(1, 2, 3)),
    ],
    [
      'activations must be finite, got NaN from unit 1 on image 3',
      () => valid().add(3, Float32Array.of(1, Number.NaN)),
    ],
    ['expected 8 activations per unit in all, image 0 exceeds that', () => valid().add(0, new Float32Array(18))],
    ['no activations were added, expected 8 per unit', () => valid().result()],
    [
      'cannot merge different options: units is 2 and 3',
      () => valid().merge(new UnitThresholds({ units: 3, expected: 8 })),
    ],
    [
      'cannot resume from this state: it is of no known kind; expected UnitThresholds, version 1',
      () => UnitThresholds.from({} as never),
    ],
  ])('refuses: %s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: UnitThresholds: ${message}`));
});
