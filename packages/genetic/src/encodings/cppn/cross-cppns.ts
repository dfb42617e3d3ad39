import type { Random } from '@cnnviz/internal';
import type { CppnConnection, CppnGenome, CppnNode } from './cppn-genome.ts';

/**
 * NEAT's crossover: connections of the same innovation number are aligned, and the child has either parent's weight;
 * those that only one parent has are taken from `structure`. A connection that is silent in either parent is silent in the
 * child with probability 0.75.
 *
 * @see Stanley, Miikkulainen, "Evolving neural networks through augmenting topologies", Evolutionary Computation 10(2),
 *   2002, https://doi.org/10.1162/106365602320169811.
 */
export function crossCppns(structure: CppnGenome, other: CppnGenome, random: Random): CppnGenome {
  const otherNodes = new Map<number, CppnNode>(other.nodes.map((node) => [node.id, node]));
  let place = 0;
  return {
    nodes: structure.nodes.map((node) => either(node, otherNodes.get(node.id), random)),
    connections: structure.connections.map((own) => {
      while (other.connections[place] !== undefined && other.connections[place]!.innovation < own.innovation) place++;
      const matching = other.connections[place];
      if (matching?.innovation !== own.innovation) return own;
      const { weight } = either(own, matching, random);
      const enabled = own.enabled && matching.enabled ? true : random.uniform() >= 0.75;
      const isOwn = weight === own.weight && enabled === own.enabled;
      return isOwn ? own : { ...own, weight, enabled };
    }),
  };
}

function either<T>(own: T, other: T | undefined, random: Random): T {
  return other !== undefined && random.uniform() < 0.5 ? other : own;
}

/**
 * NEAT's distance: (excess + disjoint) / genes + 0.4 mean difference of the weights of matching connections, where the
 * number of genes is that of the larger genome, and 1 below 20.
 */
export function cppnDistance(first: CppnGenome, second: CppnGenome): number {
  const known = new Map<number, CppnConnection>(first.connections.map((one) => [one.innovation, one]));
  const matching = second.connections.filter(({ innovation }) => known.has(innovation));
  const unmatched = first.connections.length + second.connections.length - 2 * matching.length;
  const genes = Math.max(first.connections.length, second.connections.length);
  const difference = matching.reduce(
    (sum, { innovation, weight }) => sum + Math.abs(weight - known.get(innovation)!.weight),
    0,
  );
  return unmatched / (genes < 20 ? 1 : genes) + (matching.length === 0 ? 0 : (0.4 * difference) / matching.length);
}
