import { checker, restoring } from '@cnnviz/internal';
import {
  CPPN_ACTIVATIONS,
  CPPN_INPUTS,
  type CppnActivation,
  type CppnConnection,
  type CppnGenome,
  groupConnections,
} from './cppn-genome.ts';

/** The inputs x, y, the distance from the center and 1. */
type InputWeights = [x: number, y: number, distance: number, bias: number];

/** One node that an output depends on. */
export interface PlannedNode {
  activation: CppnActivation;
  inputWeights: InputWeights;
  sources: { node: PlannedNode; weight: number }[];
  /** Connections between it and the inputs, on the longest way. */
  level: number;
}

export interface CppnPlan {
  /** Each after those that it depends on. */
  nodes: PlannedNode[];
  /** One a channel. */
  outputs: PlannedNode[];
}

const check = checker('@cnnviz/genetic', 'cppnEncoding');

/**
 * What has to be computed to render a network: the nodes that its outputs depend on through enabled connections.
 *
 * @throws Error if it is no network.
 */
export function planCppn(genome: CppnGenome, channels: number): CppnPlan {
  return restoring(check, 'a genome', () => plan(genome, channels));
}

function plan(genome: CppnGenome, channels: number): CppnPlan {
  const activations = new Map(genome.nodes.map(({ id, activation }) => [id, activation]));
  const enabled = genome.connections.filter((connection) => connection.enabled);
  const incoming = groupConnections(enabled, 'to');
  const planned = new Map<number, PlannedNode>();
  const outputs = Array.from({ length: channels }, (_, channel) => CPPN_INPUTS + channel);
  for (const id of inOrder(outputs, incoming)) {
    const activation = check.oneOf(`a genome: the activation of node ${id}`, activations.get(id), CPPN_ACTIVATIONS);
    const node: PlannedNode = { activation, inputWeights: [0, 0, 0, 0], sources: [], level: 0 };
    for (const { from, weight } of incoming.get(id) ?? []) {
      if (from < CPPN_INPUTS) {
        node.inputWeights[from]! += weight;
        continue;
      }
      const source = planned.get(from)!;
      node.sources.push({ node: source, weight });
      node.level = Math.max(node.level, source.level + 1);
    }
    planned.set(id, node);
  }
  return { nodes: [...planned.values()], outputs: outputs.map((id) => planned.get(id)!) };
}

/** The nodes that the outputs depend on, each after those that it depends on. Not recursive: a chain can be long. */
function inOrder(outputs: readonly number[], incoming: ReadonlyMap<number, readonly CppnConnection[]>): number[] {
  const done = new Set<number>();
  const begun = new Set<number>();
  const pending = outputs.toReversed().map((id) => ({ id, next: 0 }));
  for (let visit = pending.at(-1); visit !== undefined; visit = pending.at(-1)) {
    begun.add(visit.id);
    const source = incoming.get(visit.id)?.[visit.next++];
    if (done.has(visit.id) || source === undefined) {
      done.add(visit.id);
      pending.pop();
    } else if (source.from >= CPPN_INPUTS && !done.has(source.from)) {
      if (begun.has(source.from)) check.failBecause('state', `a genome's node ${source.from} depends on itself`);
      pending.push({ id: source.from, next: 0 });
    }
  }
  return [...done];
}
