import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { CPPN_INPUTS, type CppnActivation, type CppnGenome } from './cppn-genome.ts';
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
  const rows: Float32Array[] = [];
  for (const [index, genome] of genomes.entries()) {
    const { nodes, outputs } = planCppn(genome, channels);
    const values = new Map<PlannedNode, Float32Array>();
    for (const [place, node] of nodes.entries()) {
      rows[place] ??= new Float32Array(pixels);
      const row = rows[place];
      weighInputs(row, inputs, node.inputWeights);
      for (const { node: source, weight } of node.sources) addWeighted(row, values.get(source)!, weight);
      ACTIVATE[node.activation](row);
      values.set(node, row);
    }
    const image = images.subarray(index * pixels * channels, (index + 1) * pixels * channels);
    const [first, second, third] = outputs.map((node) => values.get(node)!);
    if (channels === 1) writeGrey(image, first!);
    else writeColour(image, first!, second!, third!);
  }
  return tf.tensor4d(images, [genomes.length, height, width, channels]);
}

function weighInputs(row: Float32Array, inputs: Float32Array, weights: number[]): void {
  const pixels = row.length;
  row.fill(0);
  for (let input = 0; input < CPPN_INPUTS; input++) {
    const weight = weights[input]!;
    if (weight !== 0) addWeighted(row, inputs.subarray(input * pixels, (input + 1) * pixels), weight);
  }
}

function addWeighted(row: Float32Array, source: Float32Array, weight: number): void {
  for (let pixel = 0; pixel < row.length; pixel++) row[pixel] = row[pixel]! + weight * source[pixel]!;
}

const [S1, S3, S5, S7, S9] = SINE;

const ACTIVATE: Record<CppnActivation, (row: Float32Array) => void> = {
  sine: (row) => {
    for (let pixel = 0; pixel < row.length; pixel++) {
      const halfTurns = Math.floor(row[pixel]! / Math.PI + 0.5);
      const rest = row[pixel]! - halfTurns * Math.PI;
      const square = rest * rest;
      const series = rest * (S1 + square * (S3 + square * (S5 + square * (S7 + square * S9))));
      const isOdd = halfTurns - 2 * Math.floor(halfTurns / 2);
      row[pixel] = series * (1 - 2 * isOdd);
    }
  },
  sigmoid: (row) => {
    for (let pixel = 0; pixel < row.length; pixel++) row[pixel] = 2 / (1 + Math.exp(-row[pixel]!)) - 1;
  },
  gaussian: (row) => {
    for (let pixel = 0; pixel < row.length; pixel++) row[pixel] = Math.exp(-row[pixel]! * row[pixel]!);
  },
  linear: (row) => {
    for (let pixel = 0; pixel < row.length; pixel++) row[pixel] = clip(row[pixel]!, -3, 3) / 3;
  },
};

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
