import type { Check } from '@cnnviz/internal';
import { distance } from 'fastest-levenshtein';
import type { Network, Place } from './network.ts';

const mostNames = 8;

/**
 * Finds a place by name.
 *
 * @param what The option or argument that holds the name.
 * @throws RangeError if there is no such place. The message lists similar names.
 */
export function placeNamed(check: Check, network: Network, what: string, name: string): Place {
  if (typeof name !== 'string') check.fail('type', what, 'the name of a layer or node', name);
  const found = network.find(name);
  if (found !== undefined) return found;
  const names = [...network.inputs, ...network.places].map((place) => place.name);
  return check.fail('range', what, `the name of a layer or node, such as ${listOf(namesLike(name, names))}`, name);
}

/** First the names that contain the given one or are contained in it, then those with the fewest letters to change. */
function namesLike(name: string, names: readonly string[]): string[] {
  const given = name.toLowerCase();
  const rank = (candidate: string) => {
    const other = candidate.toLowerCase();
    return distance(given, other) - (other.includes(given) || given.includes(other) ? 1000 : 0);
  };
  const ranked = names.map((candidate) => ({ candidate, rank: rank(candidate) })).sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, mostNames).map(({ candidate }) => candidate);
}

export const listOf = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');
