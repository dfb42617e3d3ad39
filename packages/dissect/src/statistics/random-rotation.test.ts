import { describe, expect, it } from 'vitest';
import { type Rotation, randomRotation } from './random-rotation.ts';

/** `a · b`, both square and row by row. */
function product(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  const size = Math.sqrt(a.length);
  return Array.from({ length: a.length }, (_, index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += a[row * size + k]! * b[k * size + column]!;
    return sum;
  });
}

const transposed = ({ units, matrix }: Rotation) =>
  Array.from(matrix, (_, index) => matrix[(index % units) * units + Math.floor(index / units)]!);

const identity = (size: number) => Array.from({ length: size * size }, (_, index) => Number(index % (size + 1) === 0));

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-6) {
  expect(actual.length).toBe(expected.length);
  const largest = Math.max(...Array.from(actual, (value, index) => Math.abs(value - expected[index]!)));
  expect(largest).toBeLessThan(tolerance);
}

function determinant3([a, b, c, d, e, f, g, h, i]: ArrayLike<number> & Iterable<number>): number {
  return a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!);
}

/** χ² of numbers in [0, 1) that should be even, in ten bins. */
function chiSquared(numbers: readonly number[]): number {
  const expected = numbers.length / 10;
  const bins = new Array<number>(10).fill(0);
  for (const number of numbers) bins[Math.min(9, Math.floor(10 * number))]!++;
  return bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('randomRotation', () => {
  it.each([1, 2, 3, 6, 7, 40])('is orthogonal: %i units', (units) => {
    for (const amount of [1, 0.3]) {
      const rotation = randomRotation({ units, seed: 5, amount });
      expectClose(product(rotation.matrix, transposed(rotation)), identity(units));
    }
  });

  it('is even over all rotations', () => {
    const drawn = Array.from({ length: 3000 }, (_, seed) => randomRotation({ units: 3, seed }).matrix);
    for (const matrix of drawn) expect(determinant3(matrix)).toBeCloseTo(1, 5);
    // Each entry is a coordinate of an even point of the sphere, which by Archimedes is even over [-1, 1]. Of 9 degrees
    // of freedom 33.7 is exceeded once in ten thousand times.
    for (let entry = 0; entry < 9; entry++) {
      expect(chiSquared(drawn.map((matrix) => (matrix[entry]! + 1) / 2))).toBeLessThan(33.7);
    }
    // The angle, of cosine (trace - 1) / 2, has the density (1 - cos) / π.
    const angles = drawn.map((matrix) =>
      Math.acos(Math.min(1, Math.max(-1, (matrix[0]! + matrix[4]! + matrix[8]! - 1) / 2))),
    );
    expect(chiSquared(angles.map((angle) => (angle - Math.sin(angle)) / Math.PI))).toBeLessThan(33.7);
  });

  it('is none at amount 0 and whole at amount 1', () => {
    expect([...randomRotation({ units: 4, seed: 1, amount: 0 }).matrix]).toEqual(identity(4));
    expect(randomRotation({ units: 4, seed: 1, amount: 1 })).toEqual(randomRotation({ units: 4, seed: 1 }));
  });

  it.each([3, 8, 25])('has powers as numbers have: %i units', (units) => {
    const part = (amount: number) => randomRotation({ units, seed: 3, amount }).matrix;
    const whole = part(1);
    expectClose(product(part(0.5), part(0.5)), whole);
    expectClose(product(part(0.3), part(0.7)), whole);
    expectClose(product(part(0.1), part(0.2)), part(0.3));
    expectClose(part(0.999999), whole, 1e-4);
  });

  it('turns a plane by its share of the angle', () => {
    const [cosine, , sine] = randomRotation({ units: 2, seed: 4 }).matrix as unknown as [number, number, number];
    const [partCosine, , partSine] = randomRotation({ units: 2, seed: 4, amount: 0.25 }).matrix as unknown as [
      number,
      number,
      number,
    ];
    expect(Math.atan2(partSine, partCosine)).toBeCloseTo(Math.atan2(sine, cosine) / 4, 6);
  });

  it('depends on the seed', () => {
    expect(randomRotation({ units: 5, seed: 0 })).toEqual(randomRotation({ units: 5, seed: 0 }));
    expect(randomRotation({ units: 5, seed: 0 })).not.toEqual(randomRotation({ units: 5, seed: 1 }));
  });

  it.each<[string, object]>([
    ['units must be an integer >= 1, got 0', { units: 0, seed: 0 }],
    ['seed must be an integer >= 0', { units: 2, seed: -1 }],
    ['amount must be a number >= 0 and <= 1, got 2', { units: 2, seed: 0, amount: 2 }],
  ])('refuses: %s', (message, options) =>
    expect(() => randomRotation(options as never)).toThrow(`@cnnviz/dissect: randomRotation: ${message}`),
  );
});
