import type { Check } from '@cnnviz/internal';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { Ending, Network, Place, Route } from './network.ts';

/** The part of a GraphDef that is read here: the `modelTopology` in the model.json of a GraphModel. */
export interface GraphTopology {
  /** The nodes, in any order. */
  readonly node: readonly GraphNode[];
}

/** A node of a GraphModel. */
export interface GraphNode {
  /** Name of the node. */
  readonly name: string;
  /** Operation, such as `Conv2D`. */
  readonly op: string;
  /** References to the outputs of other nodes, such as `conv` or `split:1`. */
  readonly input?: readonly string[];
  /** Attributes of the operation. */
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** Makes a network of a GraphModel. Its places are the nodes by name; their further outputs are called `name:1`. */
export function graphNetwork(model: GraphModel<string | io.IOHandler>, topology: GraphTopology): Network {
  const { nodes, inputs, outputs, signature, placeOf } = placesOf(model, topology);
  return {
    inputs,
    outputs,
    places: topology.node.flatMap(({ name, op }) => (op === 'Placeholder' ? [] : (placeOf(name) ?? []))),
    find: (name) => signature.get(name) ?? placeOf(name),
    missingInputs: (given, wanted) => {
      const needed = neededBy(nodes, given, wanted);
      return inputs.filter(({ name }) => needed.has(name));
    },
    reachable: (given, blocked) =>
      reachableBy(topology.node, given, blocked).flatMap(({ name }) => placeOf(name) ?? []),
    ending: (output) => endingOf(output, nodes, placeOf),
    route: (check, given, wanted) => {
      for (const name of neededBy(nodes, given, wanted)) {
        const node = nodes.get(nodeNameOf(name));
        if (node !== undefined && isAsynchronous(node)) failBecauseAsynchronous(check, node, wanted);
      }
      return routeOf(model, given, wanted);
    },
  };
}

/** The nodes of a graph by name, and the places among them. */
function placesOf(model: GraphModel<string | io.IOHandler>, topology: GraphTopology) {
  const nodes = new Map(topology.node.map((node) => [node.name, node]));
  const places = new Map<string, Place>();
  const placeOf = (reference: string): Place | undefined => {
    const name = reference.replace(/^\^/, '').replace(/:0$/, '');
    const node = nodes.get(nodeNameOf(name));
    if (node === undefined || node.op === 'Const') return undefined;
    const place = places.get(name) ?? { name, kind: node.op, shape: undefined };
    places.set(name, place);
    return place;
  };
  const inputs = model.inputs.map(({ name, shape, dtype }) => {
    const sizes = shape?.map((size) => (size < 0 ? null : size));
    const input = { name, kind: 'Placeholder', shape: sizes, isWhole: dtype === 'int32' };
    places.set(name, input);
    return input;
  });
  const outputs = model.outputs.flatMap(({ name }, index) => {
    const which = /:\d+$/.exec(model.outputNodes[index] ?? '')?.[0] ?? '';
    return placeOf(name + which) ?? [];
  });
  return { nodes, inputs, outputs, signature: signatureOf(model, inputs, outputs), placeOf };
}

/** The names that a saved model gives its inputs and outputs in its signature. */
function signatureOf(
  model: GraphModel<string | io.IOHandler>,
  inputs: readonly Place[],
  outputs: readonly Place[],
): ReadonlyMap<string, Place> {
  const signature = new Map<string, Place>();
  for (const [index, name] of model.inputNodes.entries()) signature.set(name, inputs[index]!);
  for (const [index, name] of model.outputNodes.entries()) {
    if (outputs[index] !== undefined) signature.set(name.replace(/:\d+$/, ''), outputs[index]);
  }
  return signature;
}

/** Names of the places that `wanted` depends on, back to those that are `given`. */
function neededBy(
  nodes: ReadonlyMap<string, GraphNode>,
  given: readonly Place[],
  wanted: readonly Place[],
): Set<string> {
  const ends = new Set(given.map(({ name }) => name));
  const needed = new Set<string>();
  const waiting = wanted.map(({ name }) => name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (needed.has(name) || ends.has(name)) continue;
    needed.add(name);
    waiting.push(...(nodes.get(nodeNameOf(name))?.input ?? []).map((each) => each.replace(/^\^|:0$/g, '')));
  }
  return needed;
}

const nodeNameOf = (reference: string) => reference.replace(/^\^/, '').replace(/:\d+$/, '');

type Reach = 'constant' | 'reached' | 'out of reach';

/** The nodes that depend only on constants and on what is given. It repeats until it finds no more. */
function reachableBy(
  nodes: readonly GraphNode[],
  given: readonly Place[],
  blocked: ReadonlySet<Place> = new Set(),
): GraphNode[] {
  const ends = new Set(given.map(({ name }) => name));
  const stops = new Set([...blocked].map(({ name }) => nodeNameOf(name)));
  const known = new Map<string, Reach>();
  const reachOf = (node: GraphNode): Reach | undefined => {
    if (ends.has(node.name)) return 'reached';
    if (node.op === 'Placeholder' || isAsynchronous(node) || stops.has(node.name)) return 'out of reach';
    const inputs = (node.input ?? []).map((each) => known.get(nodeNameOf(each)));
    if (inputs.includes('out of reach')) return 'out of reach';
    if (inputs.includes(undefined)) return undefined;
    return inputs.includes('reached') ? 'reached' : 'constant';
  };
  for (let before = -1; known.size > before; ) {
    before = known.size;
    for (const node of nodes) {
      const reach = known.get(node.name) ?? reachOf(node);
      if (reach !== undefined) known.set(node.name, reach);
    }
  }
  return nodes.filter(({ name }) => known.get(name) === 'reached' && !ends.has(name));
}

function routeOf(model: GraphModel<string | io.IOHandler>, given: readonly Place[], wanted: readonly Place[]): Route {
  const names = wanted.map(({ name }) => name);
  return (values) => {
    const feeds: NamedTensorMap = {};
    for (const [index, { name }] of given.entries()) feeds[name] = values[index]!;
    return [model.execute(feeds, names)].flat() as Tensor[];
  };
}

/** Operations that TensorFlow.js runs only with `executeAsync`. */
const asynchronousOps = /^(NonMaxSuppression\w*|Where|Switch|Merge|Enter|Exit|NextIteration|(Stateless)?(If|While))$/;

const isAsynchronous = ({ op }: Pick<GraphNode, 'op'>): boolean => asynchronousOps.test(op);

function failBecauseAsynchronous(check: Check, { name, op }: GraphNode, wanted: readonly Place[]): never {
  return check.failBecause(
    'state',
    `${wanted.map((place) => place.name).join(', ')} needs the node ${name} (${op}), which TensorFlow.js can only run ` +
      'with executeAsync, and without a gradient: choose a node before it',
  );
}

/** Operations that change neither values nor their order. */
const opsThatPassOn = new Set(['Identity', 'Reshape', 'Squeeze', 'ExpandDims', 'StopGradient']);

function endingOf(
  output: Place,
  nodes: ReadonlyMap<string, GraphNode>,
  placeOf: (reference: string) => Place | undefined,
): Ending {
  const nodeOf = (reference: string | undefined) => nodes.get(nodeNameOf(reference ?? ''));
  let node = nodeOf(output.name);
  const passed = new Set<GraphNode>();
  while (node !== undefined && opsThatPassOn.has(node.op) && !passed.has(node)) {
    passed.add(node);
    node = nodeOf(node.input?.[0]);
  }
  if (node === undefined) return { activation: 'linear', logits: undefined };
  const logits = node.op === 'Softmax' ? node.input?.[0] : softmaxInParts(node, nodeOf);
  if (logits !== undefined) return { activation: 'softmax', logits: placeOf(logits) };
  return { activation: activationOf(node), logits: undefined };
}

/** The x of exp(x - max(x)) / sum(exp(x - max(x))), which is how Keras writes the softmax of maps. */
function softmaxInParts(
  { op, input }: GraphNode,
  nodeOf: (reference: string | undefined) => GraphNode | undefined,
): string | undefined {
  if (op !== 'RealDiv' && op !== 'Div') return undefined;
  const [top, bottom] = [nodeOf(input?.[0]), nodeOf(input?.[1])];
  if (top?.op !== 'Exp' || bottom?.op !== 'Sum' || nodeOf(bottom.input?.[0]) !== top) return undefined;
  const exponent = nodeOf(top.input?.[0]);
  const greatest = nodeOf(exponent?.input?.[1]);
  const isShifted = exponent?.op === 'Sub' && greatest?.op === 'Max' && greatest.input?.[0] === exponent.input?.[0];
  return isShifted ? exponent?.input?.[0] : top.input?.[0];
}

const activationOps: Record<string, string> = {
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  Relu: 'relu',
  Relu6: 'relu6',
  Elu: 'elu',
  Selu: 'selu',
  LeakyRelu: 'leakyRelu',
  Prelu: 'prelu',
  Softplus: 'softplus',
  LogSoftmax: 'logSoftmax',
  Softmax: 'softmax',
};

function activationOf({ op, attr }: GraphNode): string {
  const fused = (attr?.fused_ops as { list?: { s?: string[] } } | undefined)?.list?.s ?? [];
  const last = fused.at(-1);
  // The names are base64.
  return activationOps[op] ?? (last === undefined ? undefined : activationOps[atob(last)]) ?? 'linear';
}
