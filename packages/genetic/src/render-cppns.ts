import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { CPPN_ACTIVATIONS, CPPN_INPUTS, type CppnActivation, type CppnGenome } from './cppn-genome.ts';

export interface CppnRendering {
  height: number;
  width: number;
  /** Outputs of the network: grey, or hue, lightness and saturation. */
  channels: 1 | 3;
  /** `[4, height * width]`: what the four inputs are at each pixel. */
  inputs: Float32Array;
}

/** Pixels times nodes that are held at once: 32 MB. */
const VALUES_AT_ONCE = 2 ** 23;

/**
 * Renders many networks at once. All nodes of all genomes that are equally many connections away from the inputs are one
 * level, and each level is a handful of tensor operations on `[nodes, pixels]`, however many genomes there are.
 *
 * @returns Images `[n, height, width, channels]` in [0, 1]. The caller disposes.
 */
export function renderCppns(genomes: readonly CppnGenome[], rendering: CppnRendering): Tensor4D {
  const { height, width, channels, inputs } = rendering;
  const pixels = height * width;
  if (genomes.length === 0) return tf.zeros([0, height, width, channels]);
  return tf.tidy(() => {
    const positions = tf.tensor2d(inputs, [CPPN_INPUTS, pixels]);
    const parts = partition(genomes, channels, Math.max(1, Math.floor(VALUES_AT_ONCE / pixels)));
    const images = parts.map((layout) =>
      tf.tidy(() => {
        const outputs = tf.abs(evaluate(layout, positions));
        return channels === 1
          ? (tf.reshape(outputs, [layout.genomes, height, width, 1]) as Tensor4D)
          : colour(outputs as Tensor2D, [layout.genomes, height, width]);
      }),
    );
    return images.length === 1 ? images[0]! : tf.concat(images, 0);
  });
}

/** One node that an output depends on. Rows count all nodes of a layout in the order in which they are computed. */
interface PlannedNode {
  activation: CppnActivation;
  /** Weights of the four inputs. */
  inputWeights: number[];
  sources: { node: PlannedNode; weight: number }[];
  level: number;
  row: number;
}

interface Layout {
  genomes: number;
  /** In each, the nodes with the most sources first. */
  levels: PlannedNode[][];
  /** All first outputs, then all second ones, and so on. */
  outputs: PlannedNode[];
}

function partition(genomes: readonly CppnGenome[], channels: number, limit: number): Layout[] {
  const layouts: Layout[] = [];
  let nodes: PlannedNode[] = [];
  let outputs: PlannedNode[][] = [];
  const close = () => {
    const byOutput = Array.from({ length: channels }, (_, channel) => outputs.map((own) => own[channel]!)).flat();
    layouts.push(layOut(nodes, byOutput, outputs.length));
    nodes = [];
    outputs = [];
  };
  for (const genome of genomes) {
    const plan = planGenome(genome, channels);
    if (outputs.length > 0 && nodes.length + plan.nodes.length > limit) close();
    nodes.push(...plan.nodes);
    outputs.push(plan.outputs);
  }
  close();
  return layouts;
}

/** The nodes that outputs depend on through enabled connections. */
function planGenome(genome: CppnGenome, channels: number): { nodes: PlannedNode[]; outputs: PlannedNode[] } {
  const activations = new Map(genome.nodes.map(({ id, activation }) => [id, activation]));
  const planned = new Map<number, PlannedNode>();
  const plan = (id: number): PlannedNode => {
    const known = planned.get(id);
    if (known !== undefined) return known;
    const node: PlannedNode = {
      activation: activations.get(id)!,
      inputWeights: Array(CPPN_INPUTS).fill(0),
      sources: [],
      level: 0,
      row: -1,
    };
    for (const { from, to, weight, enabled } of genome.connections) {
      if (to !== id || !enabled) continue;
      if (from < CPPN_INPUTS) node.inputWeights[from]! += weight;
      else node.sources.push({ node: plan(from), weight });
    }
    for (const { node: source } of node.sources) node.level = Math.max(node.level, source.level + 1);
    planned.set(id, node);
    return node;
  };
  const outputs = Array.from({ length: channels }, (_, channel) => plan(CPPN_INPUTS + channel));
  return { nodes: [...planned.values()], outputs };
}

function layOut(nodes: PlannedNode[], outputs: PlannedNode[], genomes: number): Layout {
  const levels: PlannedNode[][] = [];
  for (const node of nodes) {
    levels[node.level] ??= [];
    levels[node.level]!.push(node);
  }
  let row = 0;
  for (const level of levels) {
    level.sort((a, b) => b.sources.length - a.sources.length);
    for (const activation of CPPN_ACTIVATIONS) {
      for (const node of level) if (node.activation === activation) node.row = row++;
    }
  }
  return { genomes, levels, outputs };
}

/** The outputs `[channels * genomes, pixels]`. */
function evaluate({ levels, outputs }: Layout, positions: Tensor2D): Tensor {
  let values: Tensor | undefined;
  for (const level of levels) {
    const known = values;
    const sums = tf.tidy(() => weightedSums(level, positions, known));
    const activated = tf.tidy(() => activate(level, sums));
    sums.dispose();
    if (values === undefined) {
      values = activated;
    } else {
      const joined: Tensor = tf.concat([values, activated], 0);
      tf.dispose([values, activated]);
      values = joined;
    }
  }
  const wanted = outputs.map(({ row }) => row);
  return rowsOf(values!, wanted);
}

function weightedSums(level: PlannedNode[], positions: Tensor2D, values: Tensor | undefined): Tensor {
  const inputWeights = tf.tensor2d(
    level.flatMap((node) => node.inputWeights),
    [level.length, CPPN_INPUTS],
  );
  const fromInputs = tf.matMul(inputWeights, positions);
  let fromNodes: Tensor | undefined;
  // The n-th sources of all nodes that have so many, from the last to the first: each step concerns more nodes.
  for (let nth = (level[0]?.sources.length ?? 0) - 1; nth >= 0; nth--) {
    const concerned = level.filter(({ sources }) => sources.length > nth);
    const weights = tf.tensor2d(
      concerned.map(({ sources }) => sources[nth]!.weight),
      [concerned.length, 1],
    );
    const term = tf.mul(
      rowsOf(
        values!,
        concerned.map(({ sources }) => sources[nth]!.node.row),
      ),
      weights,
    );
    fromNodes = fromNodes === undefined ? term : tf.add(growTo(fromNodes, concerned.length), term);
  }
  return fromNodes === undefined ? fromInputs : tf.add(growTo(fromNodes, level.length), fromInputs);
}

/** Rows of zeros below. */
function growTo(tensor: Tensor, rows: number): Tensor {
  const missing = rows - tensor.shape[0]!;
  return missing === 0
    ? tensor
    : tf.pad(tensor, [
        [0, missing],
        [0, 0],
      ]);
}

function rowsOf(tensor: Tensor, rows: number[]): Tensor {
  const isAll = rows.length === tensor.shape[0] && rows.every((row, index) => row === index);
  return isAll ? tf.clone(tensor) : tf.gather(tensor, tf.tensor1d(rows, 'int32'));
}

/** The values of a level, in the order of their rows: by activation. */
function activate(level: PlannedNode[], sums: Tensor): Tensor {
  const groups = CPPN_ACTIVATIONS.flatMap((activation) => {
    const rows = level.flatMap((node, index) => (node.activation === activation ? [index] : []));
    return rows.length === 0 ? [] : [applyActivation(activation, rowsOf(sums, rows))];
  });
  return groups.length === 1 ? groups[0]! : tf.concat(groups, 0);
}

function applyActivation(activation: CppnActivation, sums: Tensor): Tensor {
  switch (activation) {
    case 'sine':
      return tf.sin(sums);
    case 'sigmoid':
      return tf.sub(tf.mul(2, tf.sigmoid(sums)), 1);
    case 'gaussian':
      return tf.exp(tf.neg(tf.square(sums)));
    case 'linear':
      return tf.div(tf.clipByValue(sums, -3, 3), 3);
  }
}

/** Hue, lightness and saturation `[3 * genomes, pixels]` to RGB `[genomes, height, width, 3]`. */
function colour(outputs: Tensor2D, [genomes, height, width]: [number, number, number]): Tensor4D {
  const [hue, lightness, saturation] = tf.split(outputs, 3, 0) as [Tensor, Tensor, Tensor];
  const sixth = tf.mul(hue, 6);
  const distance = (from: number) => tf.abs(tf.sub(sixth, from));
  const red = tf.sub(distance(3), 1.5);
  const green = tf.sub(1.5, distance(2));
  const blue = tf.sub(1.5, distance(4));
  // Half of the chroma: (1 - |2 L - 1|) S / 2.
  const reach = tf.mul(tf.sub(0.5, tf.abs(tf.sub(lightness, 0.5))), saturation);
  const channels = [red, green, blue].map((ramp) => {
    const pure = tf.mul(2, tf.clipByValue(ramp, -0.5, 0.5));
    return tf.clipByValue(tf.add(lightness, tf.mul(pure, reach)), 0, 1);
  });
  return tf.reshape(tf.stack(channels, -1), [genomes, height, width, 3]);
}
