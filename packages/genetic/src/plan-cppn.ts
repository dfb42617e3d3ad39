import { CPPN_INPUTS, type CppnActivation, type CppnConnection, type CppnGenome } from './cppn-genome.ts';

/** Of x, y, the distance from the centre and 1. */
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

/** What has to be computed to render a network: the nodes that its outputs depend on through enabled connections. */
export function planCppn(genome: CppnGenome, channels: number): CppnPlan {
  const activations = new Map(genome.nodes.map(({ id, activation }) => [id, activation]));
  const incoming = new Map<number, CppnConnection[]>();
  for (const connection of genome.connections) {
    if (!connection.enabled) continue;
    const known = incoming.get(connection.to);
    if (known === undefined) incoming.set(connection.to, [connection]);
    else known.push(connection);
  }
  const planned = new Map<number, PlannedNode>();
  const plan = (id: number): PlannedNode => {
    const known = planned.get(id);
    if (known !== undefined) return known;
    const node: PlannedNode = {
      activation: activations.get(id)!,
      inputWeights: [0, 0, 0, 0],
      sources: [],
      level: 0,
    };
    for (const { from, weight } of incoming.get(id) ?? []) {
      if (from < CPPN_INPUTS) {
        node.inputWeights[from]! += weight;
        continue;
      }
      const source = plan(from);
      node.sources.push({ node: source, weight });
      node.level = Math.max(node.level, source.level + 1);
    }
    planned.set(id, node);
    return node;
  };
  const outputs = Array.from({ length: channels }, (_, channel) => plan(CPPN_INPUTS + channel));
  return { nodes: [...planned.values()], outputs };
}
