import { checker, createRandom } from '@cnnviz/internal';
import { type DataSet, type ImageSet, selectImages } from './image-set.ts';

/**
 * Splits a set so that every class has its share in both parts, to within one image.
 *
 * @param set What to split; not modified.
 * @param options.test How many images are for testing.
 * @param options.seed Which ones they are.
 * @returns Both parts, each in random order.
 * @throws RangeError if `test` leaves either part empty.
 */
export function stratifiedSplit(set: ImageSet, options: { test: number; seed: number }): DataSet {
  const check = checker('@cnnviz/example-support', 'stratifiedSplit');
  const count = set.labels.length;
  const test = check.number('test', options.test, { integer: true, min: 1, max: count - 1 });
  const random = createRandom(check.seed('seed', options.seed));

  const ofClass: number[][] = set.classes.map(() => []);
  for (const index of random.permutation(count)) ofClass[set.labels[index]!]!.push(index);

  const testOfClass = largestRemainder(
    ofClass.map((members) => (members.length * test) / count),
    test,
  );
  const testIndices = ofClass.flatMap((members, label) => members.slice(0, testOfClass[label]));
  const trainIndices = ofClass.flatMap((members, label) => members.slice(testOfClass[label]));
  const shuffled = (indices: number[]) => random.permutation(indices.length).map((position) => indices[position]!);
  return {
    train: selectImages(set, shuffled(trainIndices)),
    test: selectImages(set, shuffled(testIndices)),
  };
}

/** Rounds shares to whole numbers that add up to `total`: those with the largest fractions are rounded up. */
function largestRemainder(shares: readonly number[], total: number): number[] {
  const whole = shares.map(Math.floor);
  const missing = total - whole.reduce((sum, share) => sum + share, 0);
  const byFraction = shares.map((_, index) => index).sort((a, b) => (shares[b]! % 1) - (shares[a]! % 1));
  for (const index of byFraction.slice(0, missing)) whole[index]!++;
  return whole;
}
