import type { Random } from '@cnnviz/internal';
import { polynomialStep } from '../../operators/mutation/polynomial-mutation.ts';
import {
  CPPN_ACTIVATIONS,
  CPPN_INPUTS,
  type CppnConnection,
  type CppnGenome,
  type CppnNode,
  leadsTo,
} from './cppn-genome.ts';
import type { Innovations } from './innovations.ts';

export interface CppnMutationOptions {
  /** Weights lie within ± this. */
  weightRange: number;
  /** Probability that a weight mutates, polynomially. */
  weightRate: number;
  weightEta: number;
  /** Probability that a node gets a random activation. */
  activationRate: number;
  addConnectionRate: number;
  removeConnectionRate: number;
  addNodeRate: number;
  removeNodeRate: number;
  /**
   * What becomes of a connection that a new node splits. `silence`: it stays, disabled; the new ones have weight 1 and its
   * own (NEAT). `replace`: it goes; both new ones have its weight (the fooling code).
   */
  split: 'silence' | 'replace';
  /** Hidden nodes beyond which none is added. */
  maxHidden: number;
}

/** Mutates in the order of the fooling code: weights, activations, connections added and removed, nodes added and removed. */
export function mutateCppn(
  genome: CppnGenome,
  random: Random,
  innovations: Innovations,
  outputs: number,
  options: CppnMutationOptions,
): CppnGenome {
  const { weightRange, weightRate, weightEta, activationRate } = options;
  const range = [-weightRange, weightRange] as const;
  let connections: CppnConnection[] = genome.connections.map((connection) =>
    random.uniform() < weightRate
      ? { ...connection, weight: polynomialStep(connection.weight, range, weightEta, random) }
      : connection,
  );
  let nodes: CppnNode[] = genome.nodes.map((node) =>
    random.uniform() < activationRate ? { id: node.id, activation: anyActivation(random) } : node,
  );
  const hidden = () => nodes.filter(({ id }) => id >= CPPN_INPUTS + outputs);

  if (random.uniform() < options.addConnectionRate) addConnection();
  if (random.uniform() < options.removeConnectionRate && connections.length > 0) {
    connections.splice(random.integer(connections.length), 1);
  }
  if (random.uniform() < options.addNodeRate && hidden().length < options.maxHidden) addNode();
  if (random.uniform() < options.removeNodeRate && hidden().length > 0) {
    const { id } = pick(hidden(), random);
    nodes = nodes.filter((node) => node.id !== id);
    connections = connections.filter(({ from, to }) => from !== id && to !== id);
  }
  return { nodes, connections };

  function addConnection(): void {
    const sources = [...Array(CPPN_INPUTS).keys(), ...hidden().map(({ id }) => id)];
    for (let attempt = 0; attempt < 20; attempt++) {
      const from = pick(sources, random);
      const to = pick(nodes, random).id;
      const known = connections.findIndex((connection) => connection.from === from && connection.to === to);
      if (known !== -1) {
        if (connections[known]!.enabled) continue;
        connections[known] = { ...connections[known]!, enabled: true };
        return;
      }
      if (leadsTo(connections, to, from)) continue;
      insert(from, to, weightRange * (2 * random.uniform() - 1));
      return;
    }
  }

  function addNode(): void {
    const candidates = connections.filter(({ enabled }) => enabled);
    if (candidates.length === 0) return;
    const old = pick(candidates, random);
    const id = innovations.split(old.innovation, (taken) => nodes.some((node) => node.id === taken));
    nodes.push({ id, activation: anyActivation(random) });
    if (options.split === 'silence') {
      connections[connections.indexOf(old)] = { ...old, enabled: false };
      insert(old.from, id, 1);
    } else {
      connections.splice(connections.indexOf(old), 1);
      insert(old.from, id, old.weight);
    }
    insert(id, old.to, old.weight);
  }

  function insert(from: number, to: number, weight: number): void {
    const innovation = innovations.connection(from, to);
    const place = connections.findIndex((connection) => connection.innovation > innovation);
    const connection = { innovation, from, to, weight, enabled: true };
    connections.splice(place === -1 ? connections.length : place, 0, connection);
  }
}

export function anyActivation(random: Random) {
  return pick(CPPN_ACTIVATIONS, random);
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random.integer(values.length)]!;
}
