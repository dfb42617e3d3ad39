import type { OneMaxGeneration, OneMaxPair } from './one-max.ts';

/** A generation as the slides show it: strings with fitness and chance, then pairs with their cuts and flips. */
export function generationText(generation: OneMaxGeneration, index: number, shown: number): string {
  const { strings, pairs, best, mean } = generation;
  const lines = [`generation ${index}: best ${best}, mean ${mean.toFixed(2)}`];
  for (const [number, { bits, fitness, selectionProbability }] of strings.slice(0, shown).entries()) {
    const chance = `${(100 * selectionProbability).toFixed(2)}%`;
    lines.push(`  ${String(number).padStart(3)}  ${bits}  ${String(fitness).padStart(3)}  drawn with ${chance}`);
  }
  for (const pair of pairs.slice(0, shown)) lines.push(...pairText(pair, strings));
  return lines.join('\n');
}

function pairText({ parents, cuts, children }: OneMaxPair, strings: OneMaxGeneration['strings']): string[] {
  return parents.map((parent, place) => {
    const { bits, flipped } = children[place]!;
    const marked = cuts === null ? strings[parent]!.bits : withCuts(strings[parent]!.bits, cuts);
    const flips = flipped.length === 0 ? '' : `, flipped at ${flipped.join(', ')}`;
    return `       ${place === 0 ? '┌' : '└'} ${String(parent).padStart(3)}  ${marked}  →  ${bits}${flips}`;
  });
}

function withCuts(bits: string, { start, end }: { start: number; end: number }): string {
  return `${bits.slice(0, start)}|${bits.slice(start, end)}|${bits.slice(end)}`;
}
