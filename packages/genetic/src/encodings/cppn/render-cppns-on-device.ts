import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { CPPN_ACTIVATIONS, CPPN_INPUTS, type CppnActivation, type CppnGenome } from './cppn-genome.ts';
import { type PlannedNode, planCppn } from './plan-cppn.ts';
import type { CppnRendering } from './render-cppns.ts';
import { SINE } from './sine-series.ts';

/** Pixels times nodes that are held at once: 32 MB. */
const VALUES_AT_ONCE = 2 ** 23;
/** Nodes that are computed together. A product with the weights of all to all costs their square. */
const NODES_AT_ONCE = 96;

/**
 * Renders many networks at once. The nodes of many genomes that are equally many connections away from the inputs are the
 * rows of one matrix product, weights `[nodes, known nodes]` times values `[known nodes, pixels]`. To gather the rows that
 * a node depends on, the obvious way, takes longer than all arithmetic on wasm.
 *
 * @returns Images `[n, height, width, channels]` in [0, 1]. The caller disposes.
 */
export function renderCppnsOnDevice(genomes: readonly CppnGenome[], rendering: CppnRendering): Tensor4D {
  const { height, width, channels, inputs } = rendering;
  const pixels = height * width;
  return tf.tidy(() => {
    const positions = tf.tensor2d(inputs, [CPPN_INPUTS, pixels]);
    const limit = Math.max(1, Math.min(NODES_AT_ONCE, Math.floor(VALUES_AT_ONCE / pixels)));
    const images = partition(genomes, channels, limit).map((layout) =>
      tf.tidy(() => {
        const outputs = evaluate(layout, positions).map(magnitude);
        const flat = channels === 1 ? outputs[0]! : color(outputs as [Tensor2D, Tensor2D, Tensor2D]);
        return tf.reshape(flat, [layout.genomes, height, width, channels]) as Tensor4D;
      }),
    );
    return images.length === 1 ? images[0]! : tf.concat(images, 0);
  });
}

interface Layout {
  genomes: number;
  levels: PlannedNode[][];
  /** For each channel, the output of each genome. */
  outputs: PlannedNode[][];
}

function partition(genomes: readonly CppnGenome[], channels: number, limit: number): Layout[] {
  const layouts: Layout[] = [];
  let nodes: PlannedNode[] = [];
  let outputs: PlannedNode[][] = [];
  const close = () => {
    const byOutput = Array.from({ length: channels }, (_, channel) => outputs.map((own) => own[channel]!));
    layouts.push(layOut(nodes, byOutput, outputs.length));
    nodes = [];
    outputs = [];
  };
  for (const genome of genomes) {
    const plan = planCppn(genome, channels);
    if (outputs.length > 0 && nodes.length + plan.nodes.length > limit) close();
    nodes.push(...plan.nodes);
    outputs.push(plan.outputs);
  }
  close();
  return layouts;
}

function layOut(nodes: PlannedNode[], outputs: PlannedNode[][], genomes: number): Layout {
  const levels: PlannedNode[][] = [];
  for (const node of nodes) {
    levels[node.level] ??= [];
    levels[node.level]!.push(node);
  }
  const kind = ({ activation }: PlannedNode) => CPPN_ACTIVATIONS.indexOf(activation);
  for (const level of levels) level.sort((a, b) => kind(a) - kind(b));
  return { genomes, levels, outputs };
}

/** The outputs `[genomes, pixels]` of each channel. */
function evaluate({ levels, outputs }: Layout, positions: Tensor2D): Tensor2D[] {
  // Where a node's values are: the inputs come first, then the nodes in the order in which they are computed.
  const rows = new Map<PlannedNode, number>();
  let values = positions;
  for (const level of levels) {
    const known = values;
    values = tf.tidy(() => {
      const sums = tf.matMul<Tensor2D>(weightsOf(level, rows), known);
      return tf.concat([known, ...activate(level, sums)], 0);
    });
    for (const node of level) rows.set(node, CPPN_INPUTS + rows.size);
    if (known !== positions) known.dispose();
  }
  return outputs.map((nodes) => tf.matMul(selectionOf(nodes, rows), values));
}

/** The values of a level, whose nodes are in the order of their activations. */
function activate(level: PlannedNode[], sums: Tensor2D): Tensor2D[] {
  const groups: Tensor2D[] = [];
  let start = 0;
  for (const activation of CPPN_ACTIVATIONS) {
    const count = level.filter((node) => node.activation === activation).length;
    if (count === 0) continue;
    const own = count === level.length ? sums : tf.slice(sums, [start, 0], [count, sums.shape[1]]);
    groups.push(applyActivation(activation, own) as Tensor2D);
    start += count;
  }
  return groups;
}

/** `[nodes, known]`: what each node takes of each row. */
function weightsOf(nodes: PlannedNode[], rows: Map<PlannedNode, number>): Tensor2D {
  const known = CPPN_INPUTS + rows.size;
  const weights = new Float32Array(nodes.length * known);
  for (const [index, { inputWeights, sources }] of nodes.entries()) {
    weights.set(inputWeights, index * known);
    for (const { node, weight } of sources) weights[index * known + rows.get(node)!]! += weight;
  }
  return tf.tensor2d(weights, [nodes.length, known]);
}

/** `[nodes, known]`: a one where a node is. */
function selectionOf(nodes: PlannedNode[], rows: Map<PlannedNode, number>): Tensor2D {
  const known = CPPN_INPUTS + rows.size;
  const selection = new Float32Array(nodes.length * known);
  for (const [index, node] of nodes.entries()) selection[index * known + rows.get(node)!] = 1;
  return tf.tensor2d(selection, [nodes.length, known]);
}

/** Composed of what every backend does fast: sines and exponentials of wasm take up to 100 times as long as products. */
function applyActivation(activation: CppnActivation, sums: Tensor): Tensor {
  switch (activation) {
    case 'sine':
      return sine(sums);
    case 'sigmoid':
      return tf.sub(tf.mul(2, tf.sigmoid(sums)), 1);
    case 'gaussian':
      // exp(-y) = 1 / sigmoid(y) - 1.
      return tf.sub(tf.div(1, tf.sigmoid(tf.mul(sums, sums))), 1);
    case 'linear':
      return tf.div(tf.clipByValue(sums, -3, 3), 3);
  }
}

function sine(angles: Tensor): Tensor {
  const halfTurns = tf.floor(tf.add(tf.mul(angles, 1 / Math.PI), 0.5));
  // pi in two parts, the first of few enough bits for an exact product.
  const rest = tf.sub(tf.sub(angles, tf.mul(halfTurns, 3.140625)), tf.mul(halfTurns, Math.PI - 3.140625));
  const square = tf.mul(rest, rest);
  let series: Tensor = tf.scalar(SINE.at(-1)!);
  for (const coefficient of SINE.slice(0, -1).toReversed()) series = tf.add(tf.mul(series, square), coefficient);
  const isOdd = tf.sub(halfTurns, tf.mul(2, tf.floor(tf.mul(halfTurns, 0.5))));
  return tf.mul(tf.mul(series, rest), tf.sub(1, tf.mul(2, isOdd)));
}

/** |x|, of what every backend does fast. */
function magnitude(tensor: Tensor2D): Tensor2D {
  return tf.maximum(tensor, tf.mul(tensor, -1));
}

/** Hue, lightness and saturation `[genomes, pixels]` each, to RGB `[genomes * pixels, 3]`. */
function color([hue, lightness, saturation]: [Tensor2D, Tensor2D, Tensor2D]): Tensor2D {
  const sixth = tf.mul(hue, 6);
  const distance = (from: number) => magnitude(tf.sub(sixth, from));
  const red = tf.sub(distance(3), 1.5);
  const green = tf.sub(1.5, distance(2));
  const blue = tf.sub(1.5, distance(4));
  // Half of the chroma: (1 - |2 L - 1|) S / 2.
  const reach = tf.mul(tf.sub(0.5, magnitude(tf.sub(lightness, 0.5))), saturation);
  const channels = [red, green, blue].map((ramp) => {
    const pure = tf.mul(2, tf.clipByValue(ramp, -0.5, 0.5));
    return tf.reshape(tf.clipByValue(tf.add(lightness, tf.mul(pure, reach)), 0, 1), [1, hue.size]) as Tensor2D;
  });
  return tf.transpose(tf.concat(channels, 0));
}
