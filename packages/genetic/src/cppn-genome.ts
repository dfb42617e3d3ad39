import { checker } from '@cnnviz/internal';

/** What a node makes of the weighted sum of its inputs; each is within [-1, 1]. */
export type CppnActivation = 'sine' | 'sigmoid' | 'gaussian' | 'linear';

/** sin(s); 2 (sigmoid(s) - 1/2); exp(-s²); s clipped to [-3, 3], divided by 3. */
export const CPPN_ACTIVATIONS: readonly CppnActivation[] = ['sine', 'sigmoid', 'gaussian', 'linear'];

/** Nodes 0 to 3: the pixel's x and y, its distance from the centre, and 1. Outputs follow, then hidden nodes. */
export const CPPN_INPUTS = 4;

/** A hidden or output node. */
export interface CppnNode {
  id: number;
  activation: CppnActivation;
}

export interface CppnConnection {
  /** Says which connections of two genomes have the same origin. */
  innovation: number;
  from: number;
  to: number;
  weight: number;
  /** A connection that was split stays in the genome, silent. */
  enabled: boolean;
}

/**
 * A compositional pattern-producing network: a small feed-forward network from the position of a pixel to its colour.
 * Plain JSON; renders at any size.
 */
export interface CppnGenome {
  nodes: readonly CppnNode[];
  /** In the order of their innovation numbers. */
  connections: readonly CppnConnection[];
}

/** Whether a path of connections, silent ones included, leads from one node to another. */
export function leadsTo(connections: readonly CppnConnection[], from: number, to: number): boolean {
  const reached = new Set([from]);
  const pending = [from];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node === to) return true;
    for (const connection of connections) {
      if (connection.from !== node || reached.has(connection.to)) continue;
      reached.add(connection.to);
      pending.push(connection.to);
    }
  }
  return false;
}

const check = checker('@cnnviz/genetic', 'cppnEncoding');

/** Throws unless it is a genome with so many outputs: for saved ones. */
export function requireCppnGenome(saved: unknown, outputs: number): CppnGenome {
  const fail = (reason: string): never => check.failBecause('state', `a saved genome is not a CPPN: ${reason}`);
  const genome = saved as CppnGenome;
  if (!Array.isArray(genome?.nodes) || !Array.isArray(genome.connections)) fail('it has no nodes and connections');
  const ids = new Set<number>();
  for (const { id, activation } of genome.nodes) {
    if (!Number.isInteger(id) || id < CPPN_INPUTS || ids.has(id)) fail(`its node ${id} is an input, or there twice`);
    if (!CPPN_ACTIVATIONS.includes(activation)) fail(`the activation of its node ${id} is ${activation}`);
    ids.add(id);
  }
  for (let output = CPPN_INPUTS; output < CPPN_INPUTS + outputs; output++) {
    if (!ids.has(output)) fail(`its output ${output} is missing`);
  }
  let last = Number.NEGATIVE_INFINITY;
  for (const { innovation, from, to, weight, enabled } of genome.connections) {
    const name = `connection ${from} to ${to}`;
    if (!(Number.isInteger(innovation) && innovation > last)) fail(`the innovation number of its ${name}`);
    const isInput = Number.isInteger(from) && from >= 0 && from < CPPN_INPUTS;
    if (!((isInput || ids.has(from)) && ids.has(to))) fail(`its ${name} leads nowhere`);
    if (!Number.isFinite(weight)) fail(`the weight of its ${name} is ${weight}`);
    if (typeof enabled !== 'boolean') fail(`its ${name} is neither enabled nor not`);
    last = innovation;
  }
  for (const { from, to } of genome.connections) {
    if (leadsTo(genome.connections, to, from)) fail(`its connection ${from} to ${to} closes a circle`);
  }
  return genome;
}
