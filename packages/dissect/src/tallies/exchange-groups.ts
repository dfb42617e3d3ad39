import { createRandom } from '@cnnviz/internal';

/** Masks and labels of as many images are held at a time; one in as many keeps its own labels by chance. */
const largestGroup = 64;

/**
 * Shares images out at random into groups that may exchange their labels: all of a group are alike, and none has more
 * than 64.
 *
 * @param kinds Of each image; images of one kind are alike.
 * @returns The numbers of the images, each once.
 */
export function exchangeGroups(kinds: readonly string[], seed: number): number[][] {
  const ofKind = new Map<string, number[]>();
  for (const image of createRandom(seed).permutation(kinds.length)) {
    const alike = ofKind.get(kinds[image]!) ?? [];
    ofKind.set(kinds[image]!, alike);
    alike.push(image);
  }
  return [...ofKind.values()].flatMap((alike) => {
    const groups = Math.ceil(alike.length / largestGroup);
    // Of about one size: a small one would hardly exchange anything.
    const bound = (group: number) => Math.round((group * alike.length) / groups);
    return Array.from({ length: groups }, (_, group) => alike.slice(bound(group), bound(group + 1)));
  });
}
