/**
 * NEAT's historical markings: numbers for new nodes and connections, the same for the same change within a generation, so
 * that genomes can be aligned gene by gene. Kept in an encoding's memory; what earlier generations changed is forgotten,
 * as in the paper, so that the memory does not grow with the run.
 *
 * @see Stanley, Miikkulainen, "Evolving neural networks through augmenting topologies", Evolutionary Computation 10(2),
 *   2002, https://doi.org/10.1162/106365602320169811.
 */
export interface Innovations {
  connection(from: number, to: number): number;
  /** The node that splits a connection. `isTaken`: the genome has that node already, and needs another. */
  split(connection: number, isTaken: (node: number) => boolean): number;
}

export function innovationsOf(
  memory: Record<string, number>,
  generation: number,
  first: { node: number; connection: number },
): Innovations {
  memory.nextNode ??= first.node;
  memory.nextConnection ??= first.connection;
  if (memory.generation !== generation) {
    for (const key of Object.keys(memory)) if (key.includes(':')) delete memory[key];
    memory.generation = generation;
  }
  return {
    connection: (from, to) => {
      const key = `connection:${from}>${to}`;
      memory[key] ??= memory.nextConnection!++;
      return memory[key];
    },
    split: (connection, isTaken) => {
      for (let times = 0; ; times++) {
        const key = `split:${connection}#${times}`;
        memory[key] ??= memory.nextNode!++;
        if (!isTaken(memory[key])) return memory[key];
      }
    },
  };
}
