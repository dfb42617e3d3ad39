import { type Bounds, type Check, type Classifier, checker, type Probe } from '@cnnviz/internal';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type ClassifierOptions, classifierOf, endOf, failBecauseOfOutputs } from './adapters/classifier.ts';
import { checkEntry, describeShape, entranceOf } from './adapters/entrance.ts';
import { blackImage, layersOfNetwork, type ModelLayer } from './adapters/layers-of.ts';
import { type BlackImage, measure } from './adapters/measured-shapes.ts';
import {
  checkChannels,
  checkPreprocessing,
  type Preprocessing,
  type PreprocessingName,
} from './adapters/preprocessing.ts';
import { probeOf, probesOf } from './adapters/probe.ts';
import { checkLabels, type Labels } from './labels.ts';
import { disposeModel } from './networks/dispose-model.ts';
import type { GraphTopology } from './networks/graph-network.ts';
import type { Network, Place } from './networks/network.ts';
import { type AnyModel, isGraphModel, networkOf, topologyOf } from './networks/network-of.ts';

/** A layer or node with a map of units. */
export interface MapLayer extends ModelLayer {
  readonly shape: readonly [height: number, width: number, units: number];
}

/** A network seen from outside: what goes in, what comes out, and what can be read within. */
export interface ImageModel {
  /** Images within `bounds` to logits. Preprocessing is inside, so that gradients are those of the images. */
  readonly classifier: Classifier;
  /** The activations of a layer, from the same images. */
  probe(layer: string): Probe;
  /** Those of several layers, by name, in one pass. */
  probes(layers: readonly string[]): (images: Tensor4D) => Record<string, Tensor4D>;
  /** The layers with maps, in the order in which they are computed. `layersOf` lists those without positions too. */
  readonly layers: readonly MapLayer[];
  /** Name of each class, if known. */
  readonly labels: readonly string[] | undefined;
  /** Of the images. */
  readonly inputShape: readonly [height: number, width: number, channels: number];
  /** The range of the images. */
  readonly bounds: Bounds;
  readonly preprocessing: Preprocessing;
  /** What the classifier ends in. Undefined for a model with several outputs of which none was chosen: it has no classifier. */
  readonly output: OutputFacts | undefined;
  /** What `receptiveField` of `@cnnviz/dissect` reads. */
  readonly topology: LayersModel | GraphTopology;
  /** The whole numbers among the weights of a graph, such as the amounts of its Pads, which `receptiveField` reads too. */
  readonly constants: Readonly<Record<string, readonly number[]>>;
  /** As TensorFlow.js loaded it. */
  readonly model: AnyModel;
  /** Frees the weights. */
  dispose(): void;
}

/** What a classifier ends in. */
export interface OutputFacts {
  /** Of the layer or node. */
  readonly name: string;
  /** As tfjs-layers names it: `softmax`, `sigmoid`, `linear`, … */
  readonly activation: string;
  /** Whether the classifier leaves the activation out, so that it gives logits. */
  readonly isLeftOut: boolean;
  /** How many it tells apart. Undefined where it gives no list of classes. */
  readonly classes: number | undefined;
}

/** What an {@link ImageModel} is made with. */
export interface ImageModelOptions extends ClassifierOptions {
  /** What the model wants done to pixels. */
  preprocessing: Preprocessing | PreprocessingName;
  /** The range of the images that the classifier and the probes take. Default: [0, 1]. */
  bounds?: Bounds;
  /** Name of each class: a list, or an object by class. Default: not known. */
  labels?: Labels;
  /** `[height, width, channels]`. Default: what the model and `preprocessing.size` say. */
  inputShape?: readonly [height: number, width: number, channels: number];
}

/**
 * Makes one object of a LayersModel or a GraphModel that is there already: its classifier, probes, layers and labels.
 * `loadModel` does so with a model's files.
 *
 * @param model As `loadLayersModel` or `loadGraphModel` give it. Belongs to the result, whose `dispose` frees it.
 * @returns The caller disposes it, and what its functions give.
 * @throws TypeError if the model or an option is of another kind.
 * @throws RangeError if there is no such layer, or an option is outside its range.
 * @throws Error if the model has several inputs or outputs and options choose none, or leaves open what it takes.
 *
 * @example
 * import { imageModel } from '@cnnviz/models';
 *
 * const { classifier, probe, layers } = await imageModel(layersModel, { preprocessing: { range: [0, 1] } });
 * const activations = probe(layers[0]!.name)(images);
 * const logits = classifier(images);
 */
export async function imageModel(model: AnyModel, options: ImageModelOptions): Promise<ImageModel> {
  return imageModelOf(checker('@cnnviz/models', 'imageModel'), model, options);
}

/** @param check Of the function that makes it. */
export async function imageModelOf(check: Check, model: AnyModel, options: ImageModelOptions): Promise<ImageModel> {
  checkEntry(check, options);
  const network = networkOf(check, model);
  const preprocessing = checkPreprocessing(check, options.preprocessing);
  const complete = { ...options, preprocessing, bounds: check.bounds('bounds', options.bounds ?? [0, 1]) };
  const end = network.outputs.length > 1 && options.output === undefined ? undefined : endOf(check, network, options);
  const entrance = entranceOf(check, network, end === undefined ? network.outputs : [end.place], options);
  const inputShape = inputShapeOf(check, entrance.entry, complete);
  checkChannels(check, preprocessing, inputShape[2]);
  const sized = { ...options, inputShape: asTaken(inputShape, preprocessing) };
  const classes = end && classesOf(check, network, end.place, blackImage(check, network, entrance, sized));
  const layers = layersOfNetwork(check, network, sized);
  const labels = options.labels === undefined ? undefined : checkLabels(check, options.labels, classes);
  return {
    classifier:
      end === undefined
        ? () => failBecauseOfOutputs(checker('@cnnviz/models', 'classifier'), network)
        : classifierOf(checker('@cnnviz/models', 'classifier'), network, end, complete),
    probe: (layer) => probeOf(checker('@cnnviz/models', 'probe'), network, layer, complete),
    probes: (names) => probesOf(checker('@cnnviz/models', 'probes'), network, names, complete),
    layers: layers.filter((layer): layer is MapLayer => layer.shape.length === 3),
    labels,
    inputShape,
    bounds: complete.bounds,
    preprocessing,
    output: end && { name: end.output.name, activation: end.activation, isLeftOut: end.isLeftOut, classes },
    topology: isGraphModel(model) ? topologyOf(check, model) : (model as LayersModel),
    constants: isGraphModel(model) ? await constantsOf(model) : {},
    model,
    dispose: () => disposeModel(model),
  };
}

/** As one image shows; undefined where what comes out is no list. */
function classesOf(check: Check, network: Network, output: Place, image: BlackImage): number | undefined {
  const shapes = new Map<Place, number[]>();
  measure(check, network, [output], image, shapes);
  const shape = shapes.get(output);
  const isList = shape !== undefined && shape.filter((size) => size !== 1).length <= 1;
  return isList ? shape.reduce((product, size) => product * size, 1) : undefined;
}

type Sizes = readonly [number, number, number];

/** An image of 8,192 x 8,192 gray values: a shape beyond it is of a damaged file. */
const mostInputValues = 2 ** 26;

function inputShapeOf(
  check: Check,
  { shape }: Place,
  options: ImageModelOptions & { preprocessing: Preprocessing },
): Sizes {
  requireDataFormat(check, shape, options.preprocessing);
  const given = options.inputShape ?? statedShape(shape, options.preprocessing);
  if (given === undefined) {
    const stated = shape === undefined ? 'all of it' : describeShape(shape);
    return check.failBecause('state', `inputShape must be given: the model leaves it open, ${stated}`);
  }
  const inputShape = check.shape('inputShape', given, 3);
  if (inputShape.reduce((product, size) => product * size, 1) > mostInputValues) {
    check.fail('range', 'inputShape', `of at most ${mostInputValues} values`, inputShape);
  }
  return inputShape;
}

/** A height of 1 or 3 and many channels are rather one or three channels, which come first. */
function requireDataFormat(check: Check, shape: Place['shape'], { dataFormat }: Preprocessing): void {
  const [, first, , last] = shape?.length === 4 ? shape : [];
  if (dataFormat === undefined && (first === 1 || first === 3) && (last ?? 0) > 4) {
    check.failBecause(
      'state',
      `preprocessing.dataFormat must be given: whether ${describeShape(shape!)} has its channels first or last`,
    );
  }
}

function statedShape(shape: Place['shape'], { dataFormat, size }: Preprocessing): Sizes | undefined {
  if (shape?.length !== 4) return undefined;
  const [, first, second, third] = shape;
  const [height, width, channels] = dataFormat === 'channelsFirst' ? [second, third, first] : [first, second, third];
  const sizes = [height ?? size?.[0], width ?? size?.[1], channels];
  return sizes.every((each) => each !== undefined && each !== null && each > 0)
    ? (sizes as unknown as Sizes)
    : undefined;
}

function asTaken([height, width, channels]: Sizes, { dataFormat }: Preprocessing): Sizes {
  return dataFormat === 'channelsFirst' ? [channels, height, width] : [height, width, channels];
}

async function constantsOf(model: GraphModel<string | io.IOHandler>): Promise<ImageModel['constants']> {
  const constants: Record<string, readonly number[]> = {};
  for (const [name, [weight]] of Object.entries(model.weights)) {
    if (weight?.dtype === 'int32') constants[name] = [...(await weight.data())];
  }
  return constants;
}
