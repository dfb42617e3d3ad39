import { createRandom } from '@cnnviz/internal';
import { describe, expect, it } from 'vitest';
import { chiSquaredDeviation } from '../../../test-support/chi-squared.ts';
import { simulatedBinaryCrossover } from './simulated-binary-crossover.ts';

const genes = 40_000;
const at = (value: number) => new Float64Array(genes).fill(value);

/** How often the values fall into each of 20 bins that the distribution function makes equally likely. */
function binned(values: Iterable<number>, distribution: (value: number) => number): Float64Array {
  const counts = new Float64Array(20);
  for (const value of values) counts[Math.min(19, Math.floor(20 * distribution(value)))]!++;
  return counts;
}
const twentieths = Array(20).fill(1 / 20);

describe('simulatedBinaryCrossover', () => {
  it('spreads the children by the distribution of the paper', () => {
    for (const eta of [0, 2, 10]) {
      const [child, sibling] = simulatedBinaryCrossover(at(2), at(6), createRandom(1), { eta });
      // P(beta < b) = b^(eta + 1) / 2 inside the parents, 1 - b^-(eta + 1) / 2 outside.
      const distribution = (beta: number) => (beta <= 1 ? beta ** (eta + 1) / 2 : 1 - (1 / 2) * beta ** -(eta + 1));
      const spreads = child.map((value, gene) => Math.abs(value - sibling[gene]!) / 4);
      expect(chiSquaredDeviation(binned(spreads, distribution), twentieths)).toBeLessThan(4);
    }
  });

  it('keeps the mean of the parents without bounds', () => {
    const [child, sibling] = simulatedBinaryCrossover(at(2), at(6), createRandom(1));
    const furthest = Math.max(...child.map((value, gene) => Math.abs(value + sibling[gene]! - 8)));
    expect(furthest).toBeLessThan(1e-12);
  });

  it('gives either child the lower value half of the time', () => {
    const [child] = simulatedBinaryCrossover(at(2), at(6), createRandom(1));
    const lower = child.filter((value) => value < 4).length;
    expect(chiSquaredDeviation([lower, genes - lower], [0.5, 0.5])).toBeLessThan(4);
  });

  it('with bounds follows the distribution cut off at the nearer bound of each child, so that nothing piles up there', () => {
    const eta = 2;
    const [child, sibling] = simulatedBinaryCrossover(at(0.1), at(0.5), createRandom(1), { eta, bounds: [0, 1] });
    const lower = child.map((value, gene) => Math.min(value, sibling[gene]!));
    const upper = child.map((value, gene) => Math.max(value, sibling[gene]!));
    const cutOff = (reach: number) => (beta: number) => {
      const whole = (b: number) => (b <= 1 ? b ** (eta + 1) / 2 : 1 - b ** -(eta + 1) / 2);
      return whole(beta) / whole(reach);
    };
    const lowerSpread = lower.map((value) => (0.3 - value) / 0.2);
    const upperSpread = upper.map((value) => (value - 0.3) / 0.2);
    expect(chiSquaredDeviation(binned(lowerSpread, cutOff(0.3 / 0.2)), twentieths)).toBeLessThan(4);
    expect(chiSquaredDeviation(binned(upperSpread, cutOff(0.7 / 0.2)), twentieths)).toBeLessThan(4);
    expect([...lower, ...upper].every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('recombines a gene with the rate asked for', () => {
    const [child] = simulatedBinaryCrossover(at(2), at(6), createRandom(1), { rate: 0.3 });
    const recombined = child.filter((value) => value !== 2).length;
    expect(chiSquaredDeviation([recombined, genes - recombined], [0.3, 0.7])).toBeLessThan(4);
  });

  it('throws on options out of range', () => {
    const random = createRandom(0);
    expect(() => simulatedBinaryCrossover(at(0), at(1), random, { eta: -1 })).toThrow('eta must be a number >= 0');
    expect(() => simulatedBinaryCrossover(at(0), at(1), random, { rate: 2 })).toThrow('rate');
    expect(() => simulatedBinaryCrossover(at(0), at(1), random, { bounds: [1, 0] })).toThrow('bounds');
  });

  it('refuses a gene outside its bounds or not finite, for which there is no spread', () => {
    const random = createRandom(0);
    const cross = (first: number, second: number, bounds?: [number, number]) =>
      simulatedBinaryCrossover(Float64Array.of(first), Float64Array.of(second), random, bounds ? { bounds } : {});
    expect(() => cross(-0.1, 0.5, [0, 1])).toThrow(
      '@cnnviz/genetic: simulatedBinaryCrossover: first[0] must be within [0, 1], got -0.1',
    );
    expect(() => cross(0.5, 1.1, [0, 1])).toThrow('second[0] must be within [0, 1], got 1.1');
    expect(() => cross(0.5, Number.NaN, [0, 1])).toThrow('second[0] must be within [0, 1], got NaN');
    expect(() => cross(Number.NaN, 1)).toThrow('first[0] must be a finite number, got NaN');
    expect(() => cross(0, Number.POSITIVE_INFINITY)).toThrow('second[0] must be a finite number, got Infinity');
  });

  it('takes float32 genes at bounds that float32 rounds outwards, and stays there', () => {
    const bounds = [0.1, 0.7] as const;
    // Math.fround(0.1) is above 0.1, Math.fround(0.7) below; of -0.1 and 1.1 it is the other way round.
    for (const [min, max] of [bounds, [-0.1, 1.1]] as const) {
      const random = createRandom(3);
      for (let trial = 0; trial < 100; trial++) {
        const parents = [Float32Array.of(min, max), Float32Array.of(max, min)] as const;
        for (const gene of simulatedBinaryCrossover(...parents, random, { bounds: [min, max] }).flatMap((c) => [
          ...c,
        ])) {
          expect(gene).toBeGreaterThanOrEqual(Math.min(min, Math.fround(min)));
          expect(gene).toBeLessThanOrEqual(Math.max(max, Math.fround(max)));
        }
      }
    }
  });

  it('recombines whatever the scale: in a range of 1e-12 as in one of 1', () => {
    const scaled = (scale: number) =>
      simulatedBinaryCrossover(at(0.2 * scale), at(0.6 * scale), createRandom(5), { bounds: [0, scale] })[0];
    const small = scaled(1e-12);
    const large = scaled(1);
    for (let gene = 0; gene < 100; gene++) expect(small[gene]! / 1e-12).toBeCloseTo(large[gene]!, 9);
    const [unbounded] = simulatedBinaryCrossover(at(2e-12), at(6e-12), createRandom(1));
    expect(unbounded.filter((value) => value !== 2e-12 && value !== 6e-12)).toHaveLength(genes);
  });
});
