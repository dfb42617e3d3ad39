import { checker } from '@cnnviz/internal';

/** What a node makes of the weighted sum of its inputs; each is within [-1, 1]. */
export type CppnActivation = 'sine' | 'sigmoid' | 'gaussian' | 'linear';

/** sin(s); 2 (sigmoid(s) - 1/2); exp(-s²); s clipped to [-3, 3], divided by 3. */
export const CPPN_ACTIVATIONS: readonly CppnActivation[] = ['sine', 'sigmoid', 'gaussian', 'linear'];

/** Nodes 0 to 3: the pixel's x and y, its distance from the center, and 1. Outputs follow, then hidden nodes. */
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
 * A compositional pattern-producing network: a small feed-forward network from the position of a pixel to its color.
 * Plain JSON; renders at any size.
 */
export interface CppnGenome {
  nodes: readonly CppnNode[];
  /** In the order of their innovation numbers. */
  connections: readonly CppnConnection[];
}

/** Whether a path of connections, silent ones included, leads from one node to another. */
export function leadsTo(connections: readonly CppnConnection[], from: number, to: number): boolean {
  const outgoing = groupConnections(connections, 'from');
  const reached = new Set([from]);
  const pending = [from];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node === to) return true;
    for (const connection of outgoing.get(node) ?? []) {
      if (reached.has(connection.to)) continue;
      reached.add(connection.to);
      pending.push(connection.to);
    }
  }
  return false;
}

/** The connections that come from each node, or lead to it. */
export function groupConnections(
  connections: Iterable<CppnConnection>,
  end: 'from' | 'to',
): Map<number, CppnConnection[]> {
  const groups = new Map<number, CppnConnection[]>();
  for (const connection of connections) {
    const known = groups.get(connection[end]);
    if (known === undefined) groups.set(connection[end], [connection]);
    else known.push(connection);
  }
  return groups;
}

/** A connection of a circle, if there is one: what is left when nodes without a connection to them are taken away. */
function connectionOfCircle(connections: readonly CppnConnection[]): CppnConnection | undefined {
  const outgoing = groupConnections(connections, 'from');
  const incoming = groupConnections(connections, 'to');
  const left = new Map([...incoming].map(([node, own]) => [node, own.length]));
  const pending = [...outgoing.keys()].filter((node) => !incoming.has(node));
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const { to } of outgoing.get(node) ?? []) {
      left.set(to, left.get(to)! - 1);
      if (left.get(to) === 0) pending.push(to);
    }
  }
  const isLeft = (node: number) => (left.get(node) ?? 0) > 0;
  let node = connections.find(({ to }) => isLeft(to))?.to;
  const met = new Set<number>();
  while (node !== undefined) {
    met.add(node);
    // Such a node is led to by another one, so that going back meets one again.
    const back: CppnConnection = incoming.get(node)!.find(({ from }) => isLeft(from))!;
    if (met.has(back.from)) return back;
    node = back.from;
  }
  return undefined;
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
  const circular = connectionOfCircle(genome.connections);
  if (circular !== undefined) fail(`its connection ${circular.from} to ${circular.to} closes a circle`);
  return genome;
}
