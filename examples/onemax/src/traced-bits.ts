import { bitEncoding, type Encoding, type Random, twoPointCrossover } from '@cnnviz/genetic';

/** Probability that a bit of a child under mutation flips. DEAP's OneMax has it. */
const FLIP_RATE = 0.05;

export type BitCrossover = (first: Uint8Array, second: Uint8Array, random: Random) => readonly [Uint8Array, Uint8Array];

/** Bits that remember how they came about, until they are saved. */
export interface TracedBits {
  bits: Uint8Array;
  /** The generation that they were made in; -1 where that is forgotten. */
  generation: number;
  /** 1 where a bit is the other parent's. Undefined where they were not crossed. */
  fromPartner?: Uint8Array;
  /** Undefined where they did not mutate. */
  beforeMutation?: Uint8Array;
}

/** How a child came about. Genomes are strings of 0 and 1. */
export interface Birth {
  /** Index in the generation before. */
  parent: number;
  /** The parent's genome. */
  selected: string;
  /** The parent of the other genome of its pair, if the two were crossed. */
  partner: number | null;
  /** The genome after crossover. */
  crossed: string;
  /** Places whose bit is the partner's. */
  fromPartner: number[];
  /** Places whose bit mutation flipped. */
  flipped: number[];
  /** Whether its fitness had to be counted: that of a copy is known. */
  isEvaluated: boolean;
}

/** Breeds exactly as `bitEncoding` does, and lets each genome say how it came about. */
export function tracedBitEncoding({
  length,
  crossover = twoPointCrossover,
  flipRate = FLIP_RATE,
}: {
  length: number;
  crossover?: BitCrossover | undefined;
  flipRate?: number | undefined;
}): Encoding<TracedBits> {
  const plain = bitEncoding({ length, flipRate, crossover });
  return {
    name: plain.name,
    create: (breeding) => ({ bits: plain.create(breeding), generation: breeding.generation }),
    cross(first, second, { random, generation }) {
      // Crossover moves genes without looking at them: a second bit in each says whose it is.
      const [one, other] = crossover(first.bits, marked(second.bits), random);
      return [
        { bits: one.map(bitOf), generation, fromPartner: one.map(markOf) },
        { bits: other.map(bitOf), generation, fromPartner: other.map((gene) => 1 - markOf(gene)) },
      ];
    },
    mutate: (genome, breeding) => ({
      ...(genome.generation === breeding.generation ? genome : {}),
      bits: plain.mutate(genome.bits, breeding),
      generation: breeding.generation,
      beforeMutation: genome.bits,
    }),
    diversity: (genomes) => plain.diversity(genomes.map(({ bits }) => bits)),
    save: ({ bits }) => plain.save(bits),
    load: (saved) => ({ bits: plain.load(saved), generation: -1 }),
  };
}

/**
 * Says how each child of a generation came about.
 *
 * @param generation The children's.
 * @param parents What the selection chose, in the order of the children; indices into `before`.
 * @param before The generation that was bred from.
 * @param children In the order of `parents`, without survivors.
 * @returns A birth per child.
 */
export function birthsOf(
  generation: number,
  parents: ArrayLike<number>,
  before: readonly TracedBits[],
  children: readonly TracedBits[],
): Birth[] {
  return Array.from(parents, (parent, child): Birth => {
    const genome = children[child]!;
    const isEvaluated = genome.generation === generation;
    // A copy remembers how its parent came about.
    const { bits, beforeMutation, fromPartner }: Partial<TracedBits> = isEvaluated ? genome : { bits: genome.bits };
    const crossed = beforeMutation ?? genome.bits;
    return {
      parent,
      selected: before[parent]!.bits.join(''),
      // Consecutive children are a pair.
      partner: fromPartner === undefined ? null : parents[child ^ 1]!,
      crossed: crossed.join(''),
      fromPartner: fromPartner === undefined ? [] : placesWhere(fromPartner, (mark) => mark === 1),
      flipped: crossed === bits ? [] : placesWhere(crossed, (bit, place) => bit !== genome.bits[place]),
      isEvaluated,
    };
  });
}

export function countOnes({ bits }: TracedBits): number {
  return bits.reduce((sum, bit) => sum + bit, 0);
}

const marked = (bits: Uint8Array) => bits.map((bit) => bit | 2);
const bitOf = (gene: number) => gene & 1;
const markOf = (gene: number) => gene >> 1;

function placesWhere(genes: Uint8Array, isPlace: (gene: number, place: number) => boolean): number[] {
  return [...genes.keys()].filter((place) => isPlace(genes[place]!, place));
}
