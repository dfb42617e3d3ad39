import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { CppnActivation, CppnGenome } from './cppn-genome.ts';
import { type PlannedNode, planCppn } from './plan-cppn.ts';
import type { CppnRendering } from './render-cppns.ts';
import { SINE } from './sine-series.ts';

/**
 * Renders networks one after the other in typed arrays, a node for all pixels at a time.
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
  const rows: Float32Array[] = [];
  for (const [index, genome] of genomes.entries()) {
    const { nodes, outputs } = planCppn(genome, channels);
    const values = new Map<PlannedNode, Float32Array>();
    for (const [place, node] of nodes.entries()) {
      rows[place] ??= newRow();
      const row = rows[place];
      weigh(row, termsOf(node, positions, values), node.inputWeights[BIAS], zeros);
      ACTIVATE[node.activation](row);
      values.set(node, row);
    }
    const image = images.subarray(index * pixels * channels, (index + 1) * pixels * channels);
    const [first, second, third] = outputs.map((node) => values.get(node)!.subarray(0, pixels));
    if (channels === 1) writeGrey(image, first!);
    else writeColour(image, first!, second!, third!);
  }
  return tf.tensor4d(images, [genomes.length, height, width, channels]);
}

const BIAS = 3;
/** Pixels in a step of the sums. Rows are as long as whole steps. */
const STRIDE = 4;

interface Term {
  values: Float32Array;
  weight: number;
}

/** What a node adds up besides its bias. */
function termsOf(node: PlannedNode, positions: Float32Array[], values: Map<PlannedNode, Float32Array>): Term[] {
  const terms = node.sources.map(({ node: source, weight }) => ({ values: values.get(source)!, weight }));
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
  const series = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720))))));
  return POWERS_OF_TWO[doublings + MOST_DOUBLINGS]! * series;
}

function writeGrey(image: Float32Array, levels: Float32Array): void {
  for (let pixel = 0; pixel < levels.length; pixel++) image[pixel] = Math.abs(levels[pixel]!);
}

/** Hue, lightness and saturation to RGB. */
function writeColour(image: Float32Array, hue: Float32Array, lightness: Float32Array, saturation: Float32Array): void {
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
