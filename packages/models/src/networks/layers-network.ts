import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Ending, Network, Place, Route } from './network.ts';

type Layer = layers.Layer;
type LayerNode = Layer['inboundNodes'][number];

/** A model of tfjs-layers, whether nested in another or not. */
export interface LayerContainer extends Layer {
  readonly layers: readonly Layer[];
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  readonly nodesByDepth: Readonly<Record<string, readonly LayerNode[]>>;
}

/** One application of a layer. */
interface Step {
  layer: Layer;
  inputs: readonly Place[];
  outputs: readonly Place[];
  /** Whether the layer's activation is left out. */
  isLinear?: true;
}

/**
 * Makes a network of a LayersModel, including the layers of nested models.
 *
 * It applies the layers itself instead of calling the model, so it can begin at any layer and end before an activation without
 * changing the model. tfjs-layers would accept only input layers as the beginning of a model, and applying a layer to another
 * input would change the meaning of `layer.output`.
 */
export function layersNetwork(model: LayerContainer): Network {
  const steps: Step[] = [];
  const found = new Map<string, Place>();
  const inputs = model.inputs.map(
    (tensor): Place => ({
      name: tensor.sourceLayer.name,
      kind: 'InputLayer',
      shape: tensor.shape,
      isWhole: tensor.dtype === 'int32',
    }),
  );
  for (const input of inputs) found.set(input.name, input);
  const outputs = unroll(model, inputs, '', { steps, found });
  const producers = new Map(steps.flatMap((step) => step.outputs.map((place) => [place, step] as const)));

  const missingInputs = (given: readonly Place[], wanted: readonly Place[]): Place[] => {
    const { needed } = stepsBetween(steps, given, wanted);
    return inputs.filter((input) => needed.has(input) && !given.includes(input));
  };
  return {
    inputs,
    outputs,
    // The output of a nested model has two names but is listed once.
    places: [...new Set(found.values())].filter((place) => !inputs.includes(place)),
    find: (name) => found.get(name),
    missingInputs,
    reachable: (given, blocked) => reachableBy(steps, given, blocked),
    ending: (output) => endingOf(output, producers, steps),
    route: (_, given, wanted) => routeOf(steps, given, wanted),
  };
}

/**
 * Appends the steps of a model in order, with nested models replaced by their own steps.
 *
 * @param prefix Prefix of its layers' names.
 * @returns The outputs of the model.
 */
function unroll(
  container: LayerContainer,
  inputs: readonly Place[],
  prefix: string,
  { steps, found }: { steps: Step[]; found: Map<string, Place> },
): Place[] {
  const placeOf = new Map<SymbolicTensor, Place>();
  for (const [index, tensor] of container.inputs.entries()) placeOf.set(tensor, inputs[index]!);
  for (const { outboundLayer: layer, inputTensors, outputTensors } of nodesInOrder(container)) {
    const kind = layer.getClassName();
    if (kind === 'InputLayer') continue;
    const name = freeName(prefix + layer.name, found);
    const given = inputTensors.map((tensor) => placeOf.get(tensor)!);
    let outputs: Place[];
    if (isContainer(layer)) {
      outputs = unroll(layer, given, `${name}/`, { steps, found });
    } else {
      outputs = outputTensors.map(({ shape }, index) => ({ name: outputName(name, index), kind, shape }));
      steps.push({ layer, inputs: given, outputs });
    }
    for (const [index, place] of outputs.entries()) {
      placeOf.set(outputTensors[index]!, place);
      found.set(outputName(name, index), place);
    }
  }
  return container.outputs.map((tensor) => placeOf.get(tensor)!);
}

/** The applications of layers in this model, without those of the same layers in other models. */
function nodesInOrder(container: LayerContainer): LayerNode[] {
  // A Sequential model knows its nodes only once it is built; its first use would build it, too.
  if (!container.built) container.build(container.inputs[0]!.shape);
  const { layers: order, nodesByDepth } = container;
  const depths = Object.keys(nodesByDepth).map(Number);
  const placeInOrder = ({ outboundLayer }: LayerNode) => order.indexOf(outboundLayer);
  return depths
    .sort((a, b) => b - a)
    .flatMap((depth) => [...nodesByDepth[depth]!].sort((a, b) => placeInOrder(a) - placeInOrder(b)));
}

function isContainer(layer: object): layer is LayerContainer {
  return 'layers' in layer && Array.isArray(layer.layers) && 'nodesByDepth' in layer;
}

/** Numbers the outputs of a layer that is applied more than once. */
function freeName(name: string, found: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let time = 2; found.has(free); time++) free = `${name}#${time}`;
  return free;
}

const outputName = (name: string, index: number) => (index === 0 ? name : `${name}:${index}`);

/** The steps from the given places to the wanted ones, and all places that they need on the way. */
function stepsBetween(steps: readonly Step[], given: readonly Place[], wanted: readonly Place[]) {
  const needed = new Set(wanted);
  const between: Step[] = [];
  for (const step of [...steps].reverse()) {
    if (!step.outputs.some((place) => needed.has(place) && !given.includes(place))) continue;
    for (const place of step.inputs) needed.add(place);
    between.push(step);
  }
  return { between: between.reverse(), needed };
}

function reachableBy(steps: readonly Step[], given: readonly Place[], blocked?: ReadonlySet<Place>): Place[] {
  const reached = new Set(given);
  for (const step of steps) {
    if (!step.inputs.every((place) => reached.has(place))) continue;
    for (const place of step.outputs) if (!blocked?.has(place)) reached.add(place);
  }
  return [...reached].slice(given.length);
}

function routeOf(steps: readonly Step[], given: readonly Place[], wanted: readonly Place[]): Route {
  const { between } = stepsBetween(steps, given, wanted);
  const lastUse = new Map(between.flatMap((step) => step.inputs.map((place) => [place, step] as const)));
  const kept = new Set([...given, ...wanted]);
  return (values, training) => {
    const known = new Map(given.map((place, index) => [place, values[index]!]));
    for (const step of between) {
      const inputs = step.inputs.map((place) => known.get(place)!);
      const apply = () => step.layer.apply(inputs, { training });
      const outputs = [step.isLinear ? withoutActivation(step.layer, apply) : apply()].flat() as Tensor[];
      for (const [index, place] of step.outputs.entries()) {
        if (!known.has(place)) known.set(place, outputs[index]!);
      }
      // Like tfjs-layers: a deep network does not have to hold all its maps.
      const isDone = (place: Place) => lastUse.get(place) === step && !kept.has(place) && !known.get(place)!.kept;
      if (!training) tf.dispose(step.inputs.filter(isDone).map((place) => known.get(place)!));
    }
    return wanted.map((place) => known.get(place)!);
  };
}

/** Layers that change neither values nor their order. */
const layersThatPassOn = new Set(['Flatten', 'Reshape', 'Dropout']);

function endingOf(output: Place, producers: Map<Place, Step>, steps: Step[]): Ending {
  let place = output;
  let step = producers.get(place);
  while (step !== undefined && layersThatPassOn.has(step.layer.getClassName())) {
    place = step.inputs[0]!;
    step = producers.get(place);
  }
  if (step === undefined) return { activation: 'linear', logits: undefined };
  const kind = step.layer.getClassName();
  const { activation = 'linear' } = step.layer.getConfig() as { activation?: string };
  if (kind === 'Softmax' || (kind === 'Activation' && activation === 'softmax')) {
    return { activation: 'softmax', logits: step.inputs[0] };
  }
  if (activation !== 'softmax' || !layersWithActivation.test(kind)) {
    return { activation: activationLayers[kind] ?? activation, logits: undefined };
  }
  const logits = { ...place, name: `${place.name} before its softmax` };
  const linear: Step = { layer: step.layer, inputs: step.inputs, outputs: [logits], isLinear: true };
  steps.push(linear);
  producers.set(logits, linear);
  return { activation, logits };
}

/** Layers that apply their `activation` to what they have computed, and to nothing else. */
const layersWithActivation = /^(Dense|EinsumDense|(Depthwise|Separable)?Conv\dD(Transpose)?)$/;

const activationLayers: Record<string, string> = {
  ReLU: 'relu',
  LeakyReLU: 'leakyRelu',
  PReLU: 'prelu',
  ELU: 'elu',
  ThresholdedReLU: 'thresholdedRelu',
};

/** Applies a layer as if its activation were the identity, and restores the layer afterwards. */
function withoutActivation<T>(layer: Layer, apply: () => T): T {
  const changed = layer as Layer & { activation: object };
  const { activation } = changed;
  changed.activation = identity;
  try {
    return apply();
  } finally {
    changed.activation = activation;
  }
}

/** The parts of an activation that layers use: its name, for fused kernels, and its result. */
const identity = {
  getClassName: () => 'linear',
  getConfig: () => ({}),
  apply: <T>(values: T): T => values,
};
