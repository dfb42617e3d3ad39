import type { Random } from '@cnnviz/internal';

/**
 * Draws which of `length` genes mutate, where each does with probability `rate`, independently: the number of genes
 * between two that mutate is geometric, so that nothing is drawn for those that do not.
 *
 * @returns Their places, ascending.
 */
export function drawMutatingGenes(length: number, rate: number, random: Random): number[] {
  const places: number[] = [];
  if (rate === 0) return places;
  if (rate === 1) {
    for (let place = 0; place < length; place++) places.push(place);
    return places;
  }
  const logOfStaying = Math.log1p(-rate);
  let place = -1;
  for (;;) {
    place += 1 + Math.floor(Math.log(1 - random.uniform()) / logOfStaying);
    // Also where a source of one's own draws no number, so that nothing is drawn for ever.
    if (!(place < length)) return places;
    places.push(place);
  }
}
