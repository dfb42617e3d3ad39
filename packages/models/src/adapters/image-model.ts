import { type Bounds, type Check, type Classifier, checker, type Probe } from '@cnnviz/internal';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { disposeModel } from '../networks/dispose-model.ts';
import type { GraphTopology } from '../networks/graph-network.ts';
import type { Network, Place } from '../networks/network.ts';
import { type AnyModel, isGraphModel, networkOf, topologyOf } from '../networks/network-of.ts';
import { type ClassifierOptions, classifierOf, endOf, failBecauseOfOutputs } from './classifier.ts';
import { checkEntry, entranceOf } from './entrance.ts';
import { inputShapeOf, shapeTaken } from './input-shape.ts';
import { checkLabels, type Labels } from './labels.ts';
import { blackImage, layersOfNetwork, type ModelLayer } from './layers-of.ts';
import { type BlackImage, measure } from './measured-shapes.ts';
import { checkChannels, checkPreprocessing, type Preprocessing, type PreprocessingName } from './preprocessing.ts';
import { probeOf, probesOf } from './probe.ts';

/** A layer or node with a map of units. */
export interface MapLayer extends ModelLayer {
  readonly shape: readonly [height: number, width: number, units: number];
}

/** A network with everything that the packages need: its classifier, its probes, its layers and the images it takes. */
export interface ImageModel {
  /** Maps images within `bounds` to logits. Includes the preprocessing, so gradients are those of the images. */
  readonly classifier: Classifier;
  /** Makes a probe of a layer, which takes the same images. */
  probe(layer: string): Probe;
  /** Makes a function that reads several layers in one pass and returns their activations by name. */
  probes(layers: readonly string[]): (images: Tensor4D) => Record<string, Tensor4D>;
  /** The layers with maps, in the order in which they are computed. {@link layersOf} also lists those without positions. */
  readonly layers: readonly MapLayer[];
  /** Name of each class, if known. */
  readonly labels: readonly string[] | undefined;
  /** Shape of the images. */
  readonly inputShape: readonly [height: number, width: number, channels: number];
  /** Range of the images. */
  readonly bounds: Bounds;
  /** The preprocessing that the classifier and the probes apply. */
  readonly preprocessing: Preprocessing;
  /** The classifier's output. Undefined if the model has several outputs and none was chosen: then there is no classifier. */
  readonly output: OutputFacts | undefined;
  /** The argument for `receptiveField` of `@cnnviz/dissect`. */
  readonly topology: LayersModel | GraphTopology;
  /** The int32 weights of a graph, such as the amounts of its Pads, which `receptiveField` needs, too. */
  readonly constants: Readonly<Record<string, readonly number[]>>;
  /** The model as TensorFlow.js loaded it. */
  readonly model: AnyModel;
  /** Frees the weights. */
  dispose(): void;
}

/** Facts about the output of a classifier. */
export interface OutputFacts {
  /** Name of the layer or node. */
  readonly name: string;
  /** Name of the activation in tfjs-layers: `softmax`, `sigmoid`, `linear`, … */
  readonly activation: string;
  /** Whether the classifier leaves out the activation and returns logits. */
  readonly isLeftOut: boolean;
  /** Number of classes. Undefined if the output is not a list of classes. */
  readonly classes: number | undefined;
}

/** Options of {@link imageModel}. */
export interface ImageModelOptions extends ClassifierOptions {
  /** How the model expects its pixels to be prepared. */
  preprocessing: Preprocessing | PreprocessingName;
  /** Range of the images that the classifier and the probes take. Default: [0, 1]. */
  bounds?: Bounds;
  /** Name of each class: a list, or an object by class. Default: none. */
  labels?: Labels;
  /** `[height, width, channels]` of the images. Default: from the model and `preprocessing.size`. */
  inputShape?: readonly [height: number, width: number, channels: number];
}

/**
 * Puts the classifier, the probes, the layers and the labels of a loaded LayersModel or GraphModel into one object.
 * {@link loadModel} does the same from a model's files.
 *
 * @param model A model from `loadLayersModel` or `loadGraphModel`. The result takes it over, and its `dispose` frees it.
 * @returns The model's functions and facts. The caller disposes the result, and every tensor that its functions return.
 * @throws TypeError if the model or an option has the wrong type.
 * @throws RangeError if there is no such layer, or an option is out of range.
 * @throws Error if the model has several inputs or outputs and the options do not choose one, or if the shape of its images
 *   is open.
 * @see {@link classifier}, {@link probe} and {@link layersOf}, which do the parts.
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

/** @param check The checker of the calling function. */
export async function imageModelOf(check: Check, model: AnyModel, options: ImageModelOptions): Promise<ImageModel> {
  checkEntry(check, options);
  const network = networkOf(check, model);
  const preprocessing = checkPreprocessing(check, options.preprocessing);
  const complete = { ...options, preprocessing, bounds: check.bounds('bounds', options.bounds ?? [0, 1]) };
  const end = network.outputs.length > 1 && options.output === undefined ? undefined : endOf(check, network, options);
  const entrance = entranceOf(check, network, end === undefined ? network.outputs : [end.place], options);
  const inputShape = inputShapeOf(check, entrance.entry, complete);
  checkChannels(check, preprocessing, inputShape[2]);
  const sized = { ...options, inputShape: shapeTaken(inputShape, preprocessing) };
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

/** Counts the classes by running one image; undefined if the output is not a list. */
function classesOf(check: Check, network: Network, output: Place, image: BlackImage): number | undefined {
  const shapes = new Map<Place, number[]>();
  measure(check, network, [output], image, shapes);
  const shape = shapes.get(output);
  const isList = shape !== undefined && shape.filter((size) => size !== 1).length <= 1;
  return isList ? shape.reduce((product, size) => product * size, 1) : undefined;
}

async function constantsOf(model: GraphModel<string | io.IOHandler>): Promise<ImageModel['constants']> {
  const constants: Record<string, readonly number[]> = {};
  for (const [name, [weight]] of Object.entries(model.weights)) {
    if (weight?.dtype === 'int32') constants[name] = [...(await weight.data())];
  }
  return constants;
}
