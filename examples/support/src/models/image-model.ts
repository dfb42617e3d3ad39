import { type Bounds, type Classifier, checker, type Probe } from '@cnnviz/internal';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { type Preprocessing, preprocessor } from './preprocessing.ts';

/** A layer that a probe can read. */
export interface ProbeLayer {
  readonly name: string;
  readonly shape: readonly [height: number, width: number, units: number];
}

/** A network seen from outside: what goes in, what comes out, and what can be read within. */
export interface ImageModel {
  /** Images within `bounds` to logits. Preprocessing is inside, so that gradients are those of the images. */
  readonly classifier: Classifier;
  /** The activations of one of `layers`, from the same images. */
  probe(layer: string): Probe;
  /** Those of several of `layers`, by name, in one pass. */
  probes(layers: readonly string[]): (images: Tensor4D) => Record<string, Tensor4D>;
  /** What `receptiveField` of `@cnnviz/dissect` reads. */
  readonly topology: tfl.LayersModel | GraphTopology;
  /** Rows above and columns to the left that the Pads of a graph add, by the name of the node: what its topology lacks. */
  readonly paddings: Readonly<Record<string, readonly [height: number, width: number]>>;
  readonly layers: readonly ProbeLayer[];
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly bounds: Bounds;
  readonly preprocessing: Preprocessing;
  /** Name of each class, if known. */
  readonly classes: readonly string[] | undefined;
  /** Frees the weights. */
  dispose(): void;
}

export interface ImageModelOptions {
  /** What the model wants done to pixels. */
  preprocessing: Preprocessing;
  /** The range of the images that the classifier and the probes take. Default: [0, 1]. */
  bounds?: Bounds;
  /** Name of each class. Default: not known. */
  classes?: readonly string[];
  /** `[height, width, channels]`. Default: what the model says; needed only where it leaves that open. */
  inputShape?: readonly [height: number, width: number, channels: number];
}

/**
 * A model of tfjs-layers whose output is logits.
 *
 * @param model Belongs to the result, which disposes it.
 */
export function imageModelOfLayers(model: tfl.LayersModel, options: ImageModelOptions): ImageModel {
  const facts = factsOf(model.inputs[0]?.shape ?? [], options);
  const layers = model.layers.flatMap(({ name, outputShape }) => {
    const isInput = model.inputNames.includes(name);
    const [, height, width, units] = outputShape as tfl.Shape;
    const isProbeLayer = !isInput && outputShape.length === 4 && !Array.isArray(outputShape[0]);
    return isProbeLayer ? [{ name, shape: [height!, width!, units!] } as const] : [];
  });
  const probes = new Map<string, tfl.LayersModel>();
  const upTo = (layer: string): tfl.LayersModel => {
    const found = probes.get(layer) ?? tfl.model({ inputs: model.inputs, outputs: model.getLayer(layer).output });
    probes.set(layer, found);
    return found;
  };
  return {
    ...facts,
    layers,
    classifier: (images) => tf.tidy(() => model.apply(facts.preprocess(images), { training: false }) as Tensor2D),
    probe: (layer) => {
      requireLayer(layers, layer);
      const network = upTo(layer);
      return (images) => tf.tidy(() => network.apply(facts.preprocess(images), { training: false }) as Tensor4D);
    },
    // The probes' networks share its layers and own nothing.
    probes: (names) => {
      for (const name of names) requireLayer(layers, name);
      const outputs = names.map((name) => model.getLayer(name).output as tfl.SymbolicTensor);
      const network = tfl.model({ inputs: model.inputs, outputs });
      return (images) =>
        tf.tidy(() => byName(names, network.apply(facts.preprocess(images), { training: false }) as Tensor4D[]));
    },
    topology: model,
    paddings: {},
    dispose: () => void model.dispose(),
  };
}

/** A graph model's topology, as far as it is read here. */
export interface GraphTopology {
  node: { name: string; op: string; input?: string[]; attr?: Record<string, unknown> }[];
}

/**
 * A graph model; a final softmax is left out, so that the output is logits.
 *
 * @param model Belongs to the result, which disposes it.
 */
export async function imageModelOfGraph(
  model: GraphModel<tf.io.IOHandlerSync>,
  topology: GraphTopology,
  options: ImageModelOptions,
): Promise<ImageModel> {
  const { node: nodes } = topology;
  const facts = factsOf(model.inputs[0]?.shape ?? [], options);
  const output = model.outputNodes[0]!;
  const last = nodes.find(({ name }) => name === output.split(':')[0]);
  const logits = last?.op === 'Softmax' ? last.input![0]! : output;
  const run = (images: Tensor4D, node: string) =>
    tf.tidy(() => model.execute({ [model.inputNodes[0]!]: facts.preprocess(images) }, node) as Tensor4D);
  const layers = probeLayersOf(model, nodes, facts.inputShape);
  return {
    ...facts,
    layers,
    topology,
    paddings: await paddingsOf(model, nodes),
    classifier: (images) => run(images, logits) as unknown as Tensor2D,
    probes: (names) => {
      for (const name of names) requireLayer(layers, name);
      return (images) =>
        tf.tidy(() => {
          const inputs = { [model.inputNodes[0]!]: facts.preprocess(images) };
          return byName(names, model.execute(inputs, [...names]));
        });
    },
    probe: (layer) => {
      requireLayer(layers, layer);
      return (images) => run(images, layer);
    },
    dispose: () => model.dispose(),
  };
}

function byName(names: readonly string[], maps: tf.Tensor | tf.Tensor[]): Record<string, Tensor4D> {
  const list = [maps].flat() as Tensor4D[];
  return Object.fromEntries(names.map((name, index) => [name, list[index]!]));
}

/** Of the Pads of a graph whose amounts are among its weights, `[[before, after], ...]` of each axis. */
async function paddingsOf(
  model: GraphModel<tf.io.IOHandlerSync>,
  nodes: GraphTopology['node'],
): Promise<ImageModel['paddings']> {
  const paddings: Record<string, readonly [number, number]> = {};
  for (const { name, op, input } of nodes) {
    const [amounts] = model.weights[input?.[1] ?? ''] ?? [];
    if (!/^(Mirror)?Pad(V2)?$/.test(op) || amounts === undefined) continue;
    const [, , top, , left] = await amounts.data();
    paddings[name] = [top!, left!];
  }
  return paddings;
}

/** A graph does not state the shapes of its nodes: one black image shows them. */
function probeLayersOf(
  model: GraphModel<tf.io.IOHandlerSync>,
  nodes: GraphTopology['node'],
  inputShape: readonly [number, number, number],
): ProbeLayer[] {
  const names = nodes
    .filter(({ op }) => op !== 'Const' && op !== 'Placeholder' && op !== 'NoOp')
    .map(({ name }) => name);
  return tf.tidy(() => {
    const black = tf.zeros([1, ...inputShape]);
    const outputs = model.execute({ [model.inputNodes[0]!]: black }, names);
    return [outputs].flat().flatMap(({ shape }, index) => {
      const [, height, width, units] = shape;
      return shape.length === 4 ? [{ name: names[index]!, shape: [height!, width!, units!] } as const] : [];
    });
  });
}

/** An image of 8,192 x 8,192 grey values: a shape beyond it is of a damaged file. */
const mostInputValues = 2 ** 26;

function factsOf(modelShape: readonly (number | null)[], { preprocessing, classes, ...options }: ImageModelOptions) {
  const check = checker('@cnnviz/example-support', 'imageModel');
  const bounds = check.bounds('bounds', options.bounds ?? [0, 1]);
  const isKnown = modelShape.length === 4 && modelShape.slice(1).every((size) => size !== null && size > 0);
  const shape = options.inputShape ?? (isKnown ? (modelShape.slice(1) as [number, number, number]) : undefined);
  if (shape === undefined) {
    return check.failBecause('state', `inputShape must be given: the model leaves it open, [${modelShape.join(', ')}]`);
  }
  const inputShape = check.shape('inputShape', shape, 3);
  if (tf.util.sizeFromShape([...inputShape]) > mostInputValues) {
    check.fail('range', 'inputShape', `of at most ${mostInputValues} values`, inputShape);
  }
  const preprocess = preprocessor(preprocessing, bounds, inputShape[2]);
  return { inputShape, bounds, preprocessing, classes, preprocess };
}

function requireLayer(layers: readonly ProbeLayer[], layer: string): void {
  checker('@cnnviz/example-support', 'probe').oneOf(
    'layer',
    layer,
    layers.map(({ name }) => name),
  );
}
