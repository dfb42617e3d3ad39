import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom, restoreRandom } from './random.ts';

/** Pearson's statistic of counts that should be alike. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** The value that χ² exceeds with probability 0.0001, by Wilson and Hilferty's approximation. */
function chiSquareLimit(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}

/** Largest distance between the empirical and the given distribution (Kolmogorov and Smirnov). */
function distance(values: ArrayLike<number>, distribution: (value: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  let largest = 0;
  for (const [index, value] of sorted.entries()) {
    const expected = distribution(value);
    largest = Math.max(largest, expected - index / sorted.length, (index + 1) / sorted.length - expected);
  }
  return largest;
}

/** The distance that is exceeded with probability 0.0001. */
const distanceLimit = (count: number) => Math.sqrt(-Math.log(0.0001 / 2) / 2 / count);

/** Of the normal distribution, by the series of Marsaglia (2004); exact to 1e-15 where |x| < 7. */
function normalDistribution(x: number): number {
  if (Math.abs(x) > 7) return x < 0 ? 0 : 1;
  let sum = x;
  let term = x;
  for (let i = 3; Math.abs(term) > 1e-17; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * x * x - 0.5 * Math.log(2 * Math.PI));
}

const seeds = [0, 1, 2, 42, 2 ** 32, Number.MAX_SAFE_INTEGER];

describe('uniform', () => {
  test.each(seeds)('is uniform on [0, 1) for seed %i', (seed) => {
    const random = createRandom(seed);
    const values = Float64Array.from({ length: 100_000 }, () => random.uniform());
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(distance(values, (value) => value)).toBeLessThan(distanceLimit(values.length));
  });

  test('uses 32 bits, each set half of the time', () => {
    const random = createRandom(3);
    const set = new Array<number>(32).fill(0);
    const draws = 100_000;
    for (let draw = 0; draw < draws; draw++) {
      const word = random.uniform() * 2 ** 32;
      if (!Number.isInteger(word)) expect.fail(`${word} has more than 32 bits`);
      for (let bit = 0; bit < 32; bit++) if ((word / 2 ** bit) & 1) set[bit]!++;
    }
    // 4.5 standard deviations of a count of coin tosses.
    for (const count of set) expect(Math.abs(count - draws / 2)).toBeLessThan(4.5 * Math.sqrt(draws / 4));
  });

  test('has successive values that are independent', () => {
    const random = createRandom(4);
    const counts = new Array<number>(32 * 32).fill(0);
    for (let draw = 0; draw < 200_000; draw++) {
      counts[Math.floor(random.uniform() * 32) * 32 + Math.floor(random.uniform() * 32)]!++;
    }
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(counts.length - 1));
  });
});

describe('integer', () => {
  test.each([2, 3, 10, 16, 1000])('gives each number below %i equally often', (n) => {
    const random = createRandom(5);
    const counts = new Array<number>(n).fill(0);
    for (let draw = 0; draw < 200 * n; draw++) counts[random.integer(n)]!++;
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(n - 1));
  });

  test('favors no number where n does not divide 2^32', () => {
    // Taking the remainder, or scaling, would give one third of the numbers twice as often as the others.
    const n = 3 * 2 ** 30;
    const random = createRandom(6);
    const counts = [0, 0, 0];
    const remainders = [0, 0, 0];
    for (let draw = 0; draw < 30_000; draw++) {
      const value = random.integer(n);
      counts[Math.floor(value / 2 ** 30)]!++;
      remainders[value % 3]!++;
    }
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(2));
    expect(chiSquare(remainders)).toBeLessThan(chiSquareLimit(2));
  });

  test('stays below n, for every n', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.nat(), (n, seed) => {
        const value = createRandom(seed).integer(n);
        return Number.isInteger(value) && value >= 0 && value < n;
      }),
    );
    expect(createRandom(0).integer(1)).toBe(0);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])('rejects n = %d', (n) => {
    expect(() => createRandom(0).integer(n)).toThrow(
      `@cnnviz/internal: integer: n must be an integer >= 1 and <= 2^32, got ${n}`,
    );
  });
});

describe('normal', () => {
  test.each(seeds)('has the normal distribution for seed %i', (seed) => {
    const random = createRandom(seed);
    const values = Float64Array.from({ length: 200_000 }, () => random.normal());
    expect(distance(values, normalDistribution)).toBeLessThan(distanceLimit(values.length));
  });

  test('has its tails', () => {
    const random = createRandom(7);
    const draws = 2_000_000;
    let beyond3 = 0;
    let beyond4 = 0;
    for (let draw = 0; draw < draws; draw++) {
      const size = Math.abs(random.normal());
      if (size > 3) beyond3++;
      if (size > 4) beyond4++;
    }
    const expected3 = 0.0026997961 * draws;
    const expected4 = 0.0000633425 * draws;
    expect(Math.abs(beyond3 - expected3)).toBeLessThan(4.5 * Math.sqrt(expected3));
    expect(Math.abs(beyond4 - expected4)).toBeLessThan(4.5 * Math.sqrt(expected4));
  });

  test('has successive values that are independent', () => {
    const random = createRandom(8);
    const counts = new Array<number>(256).fill(0);
    const cell = () => Math.min(15, Math.floor(16 * normalDistribution(random.normal())));
    for (let draw = 0; draw < 100_000; draw++) counts[cell() * 16 + cell()]!++;
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(255));
  });
});

describe('fills', () => {
  test('equal repeated draws', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: -10, max: 10, noNaN: true }),
        fc.nat({ max: 40 }),
        (seed, mean, length) => {
          const uniform = createRandom(seed);
          const normal = createRandom(seed);
          const drawn = createRandom(seed);
          const filled = [...uniform.fillUniform(new Float32Array(length))];
          // 24 of the 32 bits, all that a float32 below 1 holds.
          expect(filled).toEqual(filled.map(() => Math.floor(drawn.uniform() * 2 ** 24) / 2 ** 24));
          expect(uniform.state()).toEqual(drawn.state());
          const again = createRandom(seed);
          const normals = [...normal.fillNormal(new Float32Array(length), mean, 2)];
          expect(normals).toEqual(normals.map(() => Math.fround(mean + 2 * again.normal())));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('keep to their range, which float32 rounding cannot leave', () => {
    const uniform = createRandom(9).fillUniform(new Float32Array(1_000_000));
    expect(uniform.every((value) => value >= 0 && value < 1)).toBe(true);
    const narrow = createRandom(9).fillUniform(new Float32Array(1_000_000), 100, 100.0001);
    expect(narrow.every((value) => value >= 100 && value <= Math.fround(100.0001))).toBe(true);
    const signed = createRandom(9).fillUniform(new Float32Array(100_000), -1, 1);
    expect(distance(signed, (value) => (value + 1) / 2)).toBeLessThan(distanceLimit(signed.length));
  });

  test('have the mean and deviation that were asked for', () => {
    const values = createRandom(10).fillNormal(new Float32Array(200_000), 5, 3);
    expect(distance(values, (value) => normalDistribution((value - 5) / 3))).toBeLessThan(distanceLimit(values.length));
  });

  test('return the array that they fill', () => {
    const target = new Float32Array(3);
    expect(createRandom(0).fillUniform(target)).toBe(target);
    expect(createRandom(0).fillNormal(target)).toBe(target);
  });
});

describe('permutation', () => {
  test('holds each number once', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 200 }), (seed, n) => {
        const order = createRandom(seed).permutation(n);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, index) => index));
      }),
    );
  });

  test('gives each of the 24 orders of 4 equally often', () => {
    const random = createRandom(11);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 24_000; draw++) {
      const order = random.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(chiSquareLimit(23));
  });

  test('puts each number in each place equally often', () => {
    const random = createRandom(12);
    const n = 12;
    const counts = new Array<number>(n * n).fill(0);
    for (let draw = 0; draw < 12_000; draw++) {
      for (const [place, number] of random.permutation(n).entries()) counts[place * n + number]!++;
    }
    // Rows and columns have fixed sums: (n - 1)^2 degrees of freedom.
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit((n - 1) ** 2));
  });
});

describe('state', () => {
  test('goes on where it was saved, through JSON, also in the midst of normal numbers', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 7 }), (seed, skipped) => {
        const random = createRandom(seed);
        for (let draw = 0; draw < skipped; draw++) random.normal();
        const saved = JSON.stringify(random.state());
        const continued = Array.from({ length: 5 }, () => [random.normal(), random.uniform(), random.integer(100)]);
        const restored = restoreRandom(JSON.parse(saved));
        expect(continued.map(() => [restored.normal(), restored.uniform(), restored.integer(100)])).toEqual(continued);
      }),
    );
  });

  test('is not changed by later draws', () => {
    const random = createRandom(0);
    const state = random.state();
    const before = JSON.stringify(state);
    random.uniform();
    expect(JSON.stringify(state)).toBe(before);
  });

  test.each([
    ['nothing', undefined],
    ['another generator', { generator: 'mersenne', words: [1, 2, 3, 4] }],
    ['too few words', { generator: 'xoroshiro128plus', words: [1] }],
    ['words that are no integers', { generator: 'xoroshiro128plus', words: [1, 2, 3, 'x'] }],
    ['the words that xoroshiro cannot leave', { generator: 'xoroshiro128plus', words: [0, 0, 0, 0] }],
  ])('rejects %s', (_, state) => {
    expect(() => restoreRandom(state as never)).toThrow(/^@cnnviz\/genetic: restoreRandom: state must be/);
  });
});

describe('seeds', () => {
  test('make all the difference, also when they are neighbors', () => {
    const first = Float64Array.from({ length: 20_000 }, (_, seed) => createRandom(seed).uniform());
    expect(new Set(first).size).toBeGreaterThan(19_990);
    expect(distance(first, (value) => value)).toBeLessThan(distanceLimit(first.length));
    const pairs = new Array<number>(256).fill(0);
    for (let i = 1; i < first.length; i++) pairs[Math.floor(first[i - 1]! * 16) * 16 + Math.floor(first[i]! * 16)]!++;
    expect(chiSquare(pairs)).toBeLessThan(chiSquareLimit(255));
  });

  test('above 2^32 are not cut off', () => {
    const first = [5, 5 + 2 ** 32, 5 + 2 ** 33, 5 + 2 ** 52].map((seed) => createRandom(seed).uniform());
    expect(new Set(first).size).toBe(4);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('cannot be %d', (seed) => {
    expect(() => createRandom(seed)).toThrow(RangeError);
    expect(() => createRandom(seed)).toThrow(/seed must be an integer >= 0 and <= 9007199254740991, got/);
  });

  test.each([[undefined], [null], ['1']])('cannot be %j', (seed) => {
    expect(() => createRandom(seed as never)).toThrow(TypeError);
  });
});

test('is xoroshiro128+ as Blackman and Vigna publish it', () => {
  const random = createRandom(13);
  const [high0, low0, high1, low1] = random.state().words.map((word) => BigInt(word >>> 0));
  const cut = (word: bigint) => BigInt.asUintN(64, word);
  const rotate = (word: bigint, by: bigint) => cut(word << by) | (word >> (64n - by));
  let s0 = (high0! << 32n) | low0!;
  let s1 = (high1! << 32n) | low1!;
  const expected: number[] = [];
  for (let draw = 0; draw < 1000; draw++) {
    expected.push(Number(BigInt.asUintN(32, s0 + s1)) / 2 ** 32);
    s1 ^= s0;
    s0 = rotate(s0, 24n) ^ s1 ^ cut(s1 << 16n);
    s1 = rotate(s1, 37n);
  }
  expect(expected.map(() => random.uniform())).toEqual(expected);
});

test('draws the same numbers on every platform', () => {
  const random = createRandom(0);
  expect({
    uniform: random.uniform(),
    integer: random.integer(1_000_000),
    normal: random.normal(),
    fillUniform: [...random.fillUniform(new Float32Array(2))],
    fillNormal: [...random.fillNormal(new Float32Array(3))],
    permutation: [...random.permutation(8)],
  }).toMatchInlineSnapshot(`
    {
      "fillNormal": [
        -0.1294253170490265,
        1.2924081087112427,
        1.081606388092041,
      ],
      "fillUniform": [
        0.7195311188697815,
        0.21590250730514526,
      ],
      "integer": 125019,
      "normal": -0.6044070641272805,
      "permutation": [
        3,
        2,
        6,
        5,
        7,
        4,
        1,
        0,
      ],
      "uniform": 0.5091810331214219,
    }
  `);
  expect(createRandom(Number.MAX_SAFE_INTEGER).uniform()).toMatchInlineSnapshot(`0.11479003168642521`);
});
