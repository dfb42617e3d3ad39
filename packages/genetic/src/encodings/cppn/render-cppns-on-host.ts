import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { CPPN_ACTIVATIONS, type CppnActivation, type CppnGenome } from './cppn-genome.ts';
import { type PlannedNode, planCppn } from './plan-cppn.ts';
import type { CppnRendering } from './render-cppns.ts';
import { SINE } from './sine-series.ts';

/**
 * Renders networks one after the other in typed arrays, a node for all pixels at a time. What several have in common, as
 * children of the same parents do, is computed once.
 *
 * @returns Images `[n, height, width, channels]` in [0, 1], the same on every backend. The caller disposes.
 */
export function renderCppnsOnHost(genomes: readonly CppnGenome[], rendering: CppnRendering): Tensor4D {
  const { height, width, channels, inputs } = rendering;
  const pixels = height * width;
  const images = new Float32Array(genomes.length * pixels * channels);
  const newRow = () => new Float32Array(STRIDE * Math.ceil(pixels / STRIDE));
  const positions = [0, 1, 2].map((input) => {
    const row = newRow();
    row.set(inputs.subarray(input * pixels, (input + 1) * pixels));
    return row;
  });
  const zeros = newRow();
  const rows = spareRows[0]?.length === zeros.length ? spareRows : [];
  const known = new Map<number, Computed[]>();
  let count = 0;
  for (const [index, genome] of genomes.entries()) {
    const { nodes, outputs } = planCppn(genome, channels);
    if (count * zeros.byteLength > MOST_KNOWN) {
      known.clear();
      count = 0;
    }
    const computed = new Map<PlannedNode, Computed>();
    for (const node of nodes) {
      const recipe = recipeOf(node, computed);
      const hash = hashOf(recipe);
      const alike = known.get(hash);
      let found = alike?.find((other) => isSame(other.recipe, recipe));
      if (found === undefined) {
        rows[count] ??= newRow();
        found = { id: count, recipe, values: rows[count]! };
        weigh(found.values, termsOf(node, positions, computed), node.inputWeights[BIAS], zeros);
        ACTIVATE[node.activation](found.values);
        if (alike === undefined) known.set(hash, [found]);
        else alike.push(found);
        count++;
      }
      computed.set(node, found);
    }
    const image = images.subarray(index * pixels * channels, (index + 1) * pixels * channels);
    const [first, second, third] = outputs.map((node) => computed.get(node)!.values.subarray(0, pixels));
    if (channels === 1) writeGray(image, first!);
    else writeColor(image, first!, second!, third!);
  }
  spareRows = rows.slice(0, Math.floor(MOST_SPARE / zeros.byteLength));
  return tf.tensor4d(images, [genomes.length, height, width, channels]);
}

/** Rows of the last batch, for the next one: to make them anew takes a quarter of the time. */
let spareRows: Float32Array[] = [];
/** Bytes of them. */
const MOST_SPARE = 4e6;

/** Bytes of what is known of one batch, beyond which it is forgotten. */
const MOST_KNOWN = 64e6;

interface Computed {
  id: number;
  recipe: readonly number[];
  values: Float32Array;
}

/** All that the values of a node depend on. */
function recipeOf({ activation, inputWeights, sources }: PlannedNode, computed: Map<PlannedNode, Computed>): number[] {
  const recipe = [CPPN_ACTIVATIONS.indexOf(activation), ...inputWeights];
  for (const { node, weight } of sources) recipe.push(computed.get(node)!.id, weight);
  return recipe;
}

const float = new Float64Array(1);
const halves = new Int32Array(float.buffer);

function hashOf(recipe: readonly number[]): number {
  let hash = 0;
  for (const number of recipe) {
    float[0] = number;
    hash = Math.imul(hash ^ halves[0]!, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ halves[1]!, 0x85ebca6b);
  }
  return hash;
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((number, index) => number === other[index]);
}

const BIAS = 3;
/** Pixels in a step of the sums. Rows are as long as whole steps. */
const STRIDE = 4;

interface Term {
  values: Float32Array;
  weight: number;
}

/** What a node adds up besides its bias. */
function termsOf(node: PlannedNode, positions: Float32Array[], computed: Map<PlannedNode, Computed>): Term[] {
  const terms = node.sources.map(({ node: source, weight }) => ({ values: computed.get(source)!.values, weight }));
  for (const [input, position] of positions.entries()) {
    const weight = node.inputWeights[input]!;
    if (weight !== 0) terms.push({ values: position, weight });
  }
  return terms;
}

/** The row becomes the sum of the bias and all terms, two at a time. */
function weigh(row: Float32Array, terms: Term[], bias: number, zeros: Float32Array): void {
  const none: Term = { values: zeros, weight: 0 };
  const [first = none, second = none] = terms;
  start(row, bias, first, second);
  for (let next = 2; next < terms.length; next += 2) add(row, terms[next]!, terms[next + 1] ?? none);
}

// Sums are half of all work. They take half the time with four pixels in a step.

function start(row: Float32Array, bias: number, first: Term, second: Term): void {
  const { values: a, weight: v } = first;
  const { values: b, weight: w } = second;
  for (let pixel = 0; pixel < row.length; pixel += STRIDE) {
    row[pixel] = bias + v * a[pixel]! + w * b[pixel]!;
    row[pixel + 1] = bias + v * a[pixel + 1]! + w * b[pixel + 1]!;
    row[pixel + 2] = bias + v * a[pixel + 2]! + w * b[pixel + 2]!;
    row[pixel + 3] = bias + v * a[pixel + 3]! + w * b[pixel + 3]!;
  }
}

function add(row: Float32Array, first: Term, second: Term): void {
  const { values: a, weight: v } = first;
  const { values: b, weight: w } = second;
  for (let pixel = 0; pixel < row.length; pixel += STRIDE) {
    row[pixel] = row[pixel]! + v * a[pixel]! + w * b[pixel]!;
    row[pixel + 1] = row[pixel + 1]! + v * a[pixel + 1]! + w * b[pixel + 1]!;
    row[pixel + 2] = row[pixel + 2]! + v * a[pixel + 2]! + w * b[pixel + 2]!;
    row[pixel + 3] = row[pixel + 3]! + v * a[pixel + 3]! + w * b[pixel + 3]!;
  }
}

const [S1, S3, S5, S7, S9] = SINE;

const ACTIVATE: Record<CppnActivation, (row: Float32Array) => void> = {
  sine: (row) => {
    for (let pixel = 0; pixel < row.length; pixel++) {
      const angle = row[pixel]!;
      const halfTurns = Math.floor(angle * (1 / Math.PI) + 0.5);
      const rest = angle - halfTurns * Math.PI;
      const square = rest * rest;
      const sine = rest * (S1 + square * (S3 + square * (S5 + square * (S7 + square * S9))));
      row[pixel] = (halfTurns & 1) === 0 ? sine : -sine;
    }
  },
  sigmoid: (row) => {
    for (let pixel = 0; pixel < row.length; pixel++) row[pixel] = 2 / (1 + exponential(-row[pixel]!)) - 1;
  },
  gaussian: (row) => {
    for (let pixel = 0; pixel < row.length; pixel++) row[pixel] = exponential(-row[pixel]! * row[pixel]!);
  },
  linear: (row) => {
    for (let pixel = 0; pixel < row.length; pixel++) row[pixel] = Math.min(3, Math.max(-3, row[pixel]!)) / 3;
  },
};

/** Enough for float32 sums, and far from the tiny numbers that processors are slow at. */
const LARGEST = 40;
const MOST_DOUBLINGS = Math.ceil(LARGEST * Math.LOG2E);
const POWERS_OF_TWO = Float64Array.from(
  { length: 2 * MOST_DOUBLINGS + 1 },
  (_, index) => 2 ** (index - MOST_DOUBLINGS),
);

/** e^x to float32's precision, in half the time of `Math.exp`; beyond ±40 that of the nearer end. */
function exponential(x: number): number {
  const power = Math.min(LARGEST, Math.max(-LARGEST, x));
  const doublings = Math.floor(power * Math.LOG2E + 0.5);
  const r = power - doublings * Math.LN2;
  const square = r * r;
  const high = 1 / 2 + r * (1 / 6) + square * (1 / 24 + r * (1 / 120) + square * (1 / 720));
  const series = 1 + r + square * high;
  return POWERS_OF_TWO[doublings + MOST_DOUBLINGS]! * series;
}

function writeGray(image: Float32Array, levels: Float32Array): void {
  for (let pixel = 0; pixel < levels.length; pixel++) image[pixel] = Math.abs(levels[pixel]!);
}

/** Hue, lightness and saturation to RGB. */
function writeColor(image: Float32Array, hue: Float32Array, lightness: Float32Array, saturation: Float32Array): void {
  for (let pixel = 0; pixel < hue.length; pixel++) {
    const sixth = 6 * Math.abs(hue[pixel]!);
    const light = Math.abs(lightness[pixel]!);
    const chroma = (1 - Math.abs(2 * light - 1)) * Math.abs(saturation[pixel]!);
    image[3 * pixel] = clip(light + chroma * clip(Math.abs(sixth - 3) - 1.5, -0.5, 0.5), 0, 1);
    image[3 * pixel + 1] = clip(light + chroma * clip(1.5 - Math.abs(sixth - 2), -0.5, 0.5), 0, 1);
    image[3 * pixel + 2] = clip(light + chroma * clip(1.5 - Math.abs(sixth - 4), -0.5, 0.5), 0, 1);
  }
}

function clip(value: number, min: number, max: number): number {
  return value < min ? min : Math.min(value, max);
}
