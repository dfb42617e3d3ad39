import type { Birth, OneMaxGeneration } from '../../worker/one-max.ts';
import type { Stage } from './stages.ts';

export interface GenomeRow {
  name: number;
  bits: string;
  /** The look of each bit, besides whether it is a one. */
  marks?: ((place: number) => string) | undefined;
  fitness: number | undefined;
  note: string;
  kind?: string;
}

/** Genomes count from 1 for people. */
const nameOf = (index: number) => index + 1;

/** The rows of a stage between two generations; of the first generation, its random genomes. */
export function genomeRows(stage: Stage, latest: OneMaxGeneration, before: OneMaxGeneration | undefined): GenomeRow[] {
  if (before === undefined || latest.births.length === 0) return latest.genomes.map(rowOfRandom);
  switch (stage) {
    case 'selection':
      return rowsOfSelection(before, latest.births);
    case 'crossover':
      return rowsOfCrossover(latest.births);
    case 'mutation':
      return rowsOfMutation(latest);
    case 'evaluation':
      return rowsOfEvaluation(latest, before);
  }
}

function rowOfRandom({ bits, fitness }: { bits: string; fitness: number }, index: number): GenomeRow {
  return { name: nameOf(index), bits, fitness, note: '' };
}

function rowsOfSelection({ genomes }: OneMaxGeneration, births: readonly Birth[]): GenomeRow[] {
  const drawn = genomes.map((_, index) => births.filter(({ parent }) => parent === index).length);
  return genomes
    .map(({ bits, fitness }, index) => ({
      name: nameOf(index),
      bits,
      fitness,
      note: drawn[index] === 0 ? 'never drawn' : `drawn ${times(drawn[index]!)}`,
      kind: drawn[index] === 0 ? 'gone' : '',
    }))
    .sort((a, b) => b.fitness - a.fitness || a.name - b.name);
}

function rowsOfCrossover(births: readonly Birth[]): GenomeRow[] {
  return births.map(({ parent, partner, crossed, fromPartner }, child) => {
    const isFirst = child % 2 === 0;
    const [own, other] = isFirst ? ['one', 'other'] : ['other', 'one'];
    const note =
      partner === null
        ? `copy of ${nameOf(parent)}`
        : `${nameOf(parent)}, and ${placesInWords(fromPartner)} of ${nameOf(partner)}`;
    return {
      name: nameOf(child),
      bits: crossed,
      marks: partner === null ? undefined : (place) => (fromPartner.includes(place) ? `${other} partner` : own!),
      fitness: undefined,
      note,
      kind: isFirst ? 'first' : 'second',
    };
  });
}

function rowsOfMutation({ births, genomes }: OneMaxGeneration): GenomeRow[] {
  return births.map(({ flipped }, child) => ({
    name: nameOf(child),
    bits: genomes[child]!.bits,
    marks: (place) => (flipped.includes(place) ? 'flipped' : ''),
    fitness: undefined,
    note: flipped.length === 0 ? '' : `flipped ${placesInWords(flipped)}`,
  }));
}

function rowsOfEvaluation({ births, genomes, best }: OneMaxGeneration, before: OneMaxGeneration): GenomeRow[] {
  return births.map(({ parent, isEvaluated }, child) => {
    const { bits, fitness } = genomes[child]!;
    const gain = fitness - before.genomes[parent]!.fitness;
    const compared = gain === 0 ? 'as its parent' : `${Math.abs(gain)} ${gain > 0 ? 'more' : 'fewer'} than its parent`;
    return {
      name: nameOf(child),
      bits,
      fitness,
      note: isEvaluated ? `counted: ${compared}` : `known: copy of ${nameOf(parent)}`,
      kind: fitness === best ? 'best' : '',
    };
  });
}

/** Such as `bits 3 to 7 and 9`, counted from 1. */
function placesInWords(places: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const place of places) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === place - 1) last[1] = place;
    else ranges.push([place, place]);
  }
  if (ranges.length === 0) return 'no bits';
  if (ranges.length > 4) return `${places.length} bits`;
  const words = ranges.map(([from, to]) => (from === to ? String(from + 1) : `${from + 1} to ${to + 1}`));
  const last = words.pop()!;
  const listed = words.length === 0 ? last : `${words.join(', ')} and ${last}`;
  return `${places.length === 1 ? 'bit' : 'bits'} ${listed}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}
