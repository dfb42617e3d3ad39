import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { checker } from './check.ts';

/** Seeded random numbers, drawn on the host: the same for every backend, run and platform. */
export interface Random {
  /** From [0, 1), 32 random bits. */
  uniform(): number;
  /** From 0 to `n` - 1, each equally likely; `n` from 1 to 2^32. */
  integer(n: number): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** Fills `target` with numbers from `min` (default 0) to `max` (default 1, only reached by rounding to float32). */
  fillUniform(target: Float32Array, min?: number, max?: number): Float32Array;
  /** Fills `target` with normal numbers of the given `mean` (default 0) and standard `deviation` (default 1). */
  fillNormal(target: Float32Array, mean?: number, deviation?: number): Float32Array;
  /** The numbers 0 to `n` - 1 in a random order, every order equally likely. */
  permutation(n: number): Int32Array;
  /** All that decides the numbers to come; plain JSON. */
  state(): RandomState;
}

export interface RandomState {
  readonly generator: 'xoroshiro128plus';
  readonly words: readonly number[];
}

/**
 * Creates a source of random numbers that depends only on its seed. `@cnnviz/genetic` exports it, and its errors name that
 * package.
 *
 * @param seed A whole number from 0 to 2^53 - 1. Neighboring seeds give unrelated numbers.
 * @returns The source; the same seed gives the same numbers on every platform.
 * @throws RangeError or TypeError if `seed` is no such number.
 * @see Blackman, Vigna, "Scrambled linear pseudorandom number generators", 2018, https://arxiv.org/abs/1805.01407.
 *
 * @example
 * import { createRandom } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const noise = random.fillNormal(new Float32Array(28 * 28));
 */
export function createRandom(seed: number): Random {
  checker('@cnnviz/genetic', 'createRandom').seed('seed', seed);
  return randomFrom(xoroshiro128plusFromState(wordsOfSeed(seed)));
}

/**
 * Restores a source of random numbers from its `state()`.
 *
 * @returns A source that continues with the number that would have come next.
 * @throws TypeError if it is not such a state.
 *
 * @example
 * import { createRandom, restoreRandom } from '@cnnviz/genetic';
 *
 * const random = createRandom(0);
 * const same = restoreRandom(random.state());
 * same.uniform() === random.uniform(); // true
 */
export function restoreRandom(state: RandomState): Random {
  const isState =
    state?.generator === 'xoroshiro128plus' &&
    Array.isArray(state.words) &&
    state.words.length === 4 &&
    state.words.every(Number.isInteger) &&
    state.words.some((word) => word !== 0);
  if (!isState) checker('@cnnviz/genetic', 'restoreRandom').fail('type', 'state', 'the state of a Random', state);
  return randomFrom(xoroshiro128plusFromState(state.words));
}

const checkInteger = checker('@cnnviz/internal', 'integer');

function randomFrom(generator: JumpableRandomGenerator): Random {
  return {
    uniform: () => (generator.next() >>> 0) * 2 ** -32,

    integer: (n) => {
      if (!(Number.isInteger(n) && n >= 1 && n <= 2 ** 32))
        checkInteger.fail('range', 'n', 'an integer >= 1 and <= 2^32', n);
      return integerBelow(generator, n);
    },

    normal: () => normal(generator),

    fillUniform: (target, min = 0, max = 1) => {
      // 24 bits: what a float32 between 0 and 1 can hold, so that nothing rounds up to 1.
      const scale = (max - min) * 2 ** -24;
      for (let i = 0; i < target.length; i++) target[i] = min + scale * (generator.next() >>> 8);
      return target;
    },

    fillNormal: (target, mean = 0, deviation = 1) => {
      for (let i = 0; i < target.length; i++) target[i] = mean + deviation * normal(generator);
      return target;
    },

    permutation: (n) => {
      checker('@cnnviz/internal', 'permutation').number('n', n, { integer: true, min: 0, max: 2 ** 31 - 1 });
      const order = new Int32Array(n);
      for (let index = 0; index < n; index++) order[index] = index;
      for (let last = n - 1; last > 0; last--) {
        const chosen = integerBelow(generator, last + 1);
        const swapped = order[last]!;
        order[last] = order[chosen]!;
        order[chosen] = swapped;
      }
      return order;
    },

    state: () => ({ generator: 'xoroshiro128plus', words: [...generator.getState()] }),
  };
}

/** Takes the high bits of each draw, the better ones of xoroshiro128+, and rejects the remainder, so that no number is favored. */
function integerBelow(generator: JumpableRandomGenerator, n: number): number {
  const drawsPerInteger = Math.floor(2 ** 32 / n);
  for (;;) {
    const integer = Math.floor((generator.next() >>> 0) / drawsPerInteger);
    if (integer < n) return integer;
  }
}

/**
 * Ratio of uniforms with Leva's quadratic bounds. The number is a quotient, and the logarithm (whose last bit differs
 * between JavaScript engines) only decides the one draw in eighty that falls between the bounds.
 *
 * @see Leva, "A fast normal random number generator", ACM Transactions on Mathematical Software 18(4), 1992,
 *   https://doi.org/10.1145/138351.138364.
 */
function normal(generator: JumpableRandomGenerator): number {
  for (;;) {
    const u = ((generator.next() >>> 0) + 0.5) * 2 ** -32;
    const v = 1.7156 * (generator.next() + 0.5) * 2 ** -32;
    const x = u - 0.449871;
    const y = Math.abs(v) + 0.386595;
    const q = x * x + y * (0.196 * y - 0.25472 * x);
    if (q < 0.27597 || (q <= 0.27846 && v * v <= -4 * u * u * Math.log(u))) return v / u;
  }
}

/**
 * Four well mixed words from one seed, by SplitMix32 over both halves of the seed: pure-rand's own seeding would make
 * the first draws of neighboring seeds neighbors.
 */
function wordsOfSeed(seed: number): number[] {
  let state = mix(seed | 0) ^ mix(Math.floor(seed / 2 ** 32) + 0x5bd1e995);
  return Array.from({ length: 4 }, () => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state);
  });
}

/** The finalizer of MurmurHash3: a bijection of 32 bits in which each input bit changes each output bit half the time. */
function mix(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
