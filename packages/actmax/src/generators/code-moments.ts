import { type Check, checker, isA } from '@cnnviz/internal';

/** Mean and spread of the features seen so far; plain data. `mergeCodeMoments` combines those of two parts of a data set. */
export interface CodeMoments {
  /** Images seen. */
  readonly count: number;
  /** Mean of each feature. */
  readonly mean: Float64Array;
  /** Sum of the squared differences of each feature from its mean. */
  readonly squares: Float64Array;
  /** Smallest value of each feature; infinity before the first image. */
  readonly min: Float64Array;
  /** Largest value of each feature; -infinity before the first image. */
  readonly max: Float64Array;
}

/**
 * Makes the moments of a data set that has no image yet.
 *
 * @param features Numbers per code.
 * @returns Moments to which `addToCodeMoments` adds; plain data.
 * @throws RangeError if `features` is not an integer >= 1.
 *
 * @example
 * import { emptyCodeMoments } from '@cnnviz/actmax';
 *
 * emptyCodeMoments(2).count; // 0
 */
export function emptyCodeMoments(features: number): CodeMoments {
  const size = checker('@cnnviz/actmax', 'emptyCodeMoments').number('features', features, { integer: true, min: 1 });
  return {
    count: 0,
    mean: new Float64Array(size),
    squares: new Float64Array(size),
    min: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
    max: new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
  };
}

/**
 * Adds images to moments, by Welford's update.
 *
 * @param moments Not modified.
 * @param rows Features `[n, d]`, row by row.
 * @returns The moments of all images; plain data.
 * @throws RangeError if the rows are not of as many features, or a number is not finite.
 * @see Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4, 1962,
 *   https://doi.org/10.1080/00401706.1962.10490022.
 *
 * @example
 * import { addToCodeMoments, emptyCodeMoments } from '@cnnviz/actmax';
 *
 * addToCodeMoments(emptyCodeMoments(2), [1, 0, 3, 0]).mean; // [2, 0]: of two images
 */
export function addToCodeMoments(moments: CodeMoments, rows: ArrayLike<number>): CodeMoments {
  const check = checker('@cnnviz/actmax', 'addToCodeMoments');
  requireMoments(check, 'moments', moments);
  const features = moments.mean.length;
  if (typeof rows !== 'object' || typeof rows?.length !== 'number')
    check.fail('type', 'rows', 'a list of numbers', rows);
  if (rows.length % features !== 0) check.fail('range', 'rows', `rows of ${features} features`, rows);
  for (let index = 0; index < rows.length; index++) check.number(`rows[${index}]`, rows[index]);
  const mean = moments.mean.slice();
  const squares = moments.squares.slice();
  const min = moments.min.slice();
  const max = moments.max.slice();
  const size = mean.length;
  let { count } = moments;
  for (let start = 0; start < rows.length; start += size) {
    count++;
    for (let feature = 0; feature < size; feature++) {
      const value = rows[start + feature]!;
      const fromOldMean = value - mean[feature]!;
      mean[feature]! += fromOldMean / count;
      squares[feature]! += fromOldMean * (value - mean[feature]!);
      min[feature] = Math.min(min[feature]!, value);
      max[feature] = Math.max(max[feature]!, value);
    }
  }
  return { count, mean, squares, min, max };
}

/**
 * Merges the moments of two parts of a data set, so that each part can be measured on another machine. The order of the
 * parts changes the result by no more than rounding.
 *
 * @returns The moments of the whole; plain data.
 * @throws RangeError if they are of another number of features.
 * @see Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979,
 *   https://doi.org/10.1007/978-3-642-51461-6_3.
 *
 * @example
 * import { addToCodeMoments, codeBoundsOf, emptyCodeMoments, mergeCodeMoments } from '@cnnviz/actmax';
 *
 * const here = addToCodeMoments(emptyCodeMoments(2), [1, 0, 3, 0]); // two images of two features
 * const there = addToCodeMoments(emptyCodeMoments(2), [2, 6]);
 * const whole = mergeCodeMoments(here, there);
 * console.log(whole.count, whole.mean); // 3, [2, 2]
 * console.log(codeBoundsOf(whole).upper);
 */
export function mergeCodeMoments(a: CodeMoments, b: CodeMoments): CodeMoments {
  const check = checker('@cnnviz/actmax', 'mergeCodeMoments');
  const size = requireMoments(check, 'a', a).mean.length;
  if (requireMoments(check, 'b', b).mean.length !== size) {
    check.fail('range', 'b', `moments of ${size} features`, b.mean.length);
  }
  const count = a.count + b.count;
  if (count === 0) return a;
  const of = (value: (feature: number) => number) =>
    Float64Array.from({ length: size }, (_, feature) => value(feature));
  const apart = of((feature) => b.mean[feature]! - a.mean[feature]!);
  return {
    count,
    mean: of((feature) => a.mean[feature]! + (apart[feature]! * b.count) / count),
    squares: of(
      (feature) => a.squares[feature]! + b.squares[feature]! + (apart[feature]! ** 2 * a.count * b.count) / count,
    ),
    min: of((feature) => Math.min(a.min[feature]!, b.min[feature]!)),
    max: of((feature) => Math.max(a.max[feature]!, b.max[feature]!)),
  };
}

/** Throws unless they are moments: a count, and as many numbers of each kind as there are features. */
export function requireMoments(check: Check, name: string, moments: CodeMoments): CodeMoments {
  const { count, mean } = check.options(moments, name);
  check.number(`${name}.count`, count, { integer: true, min: 0 });
  for (const part of ['mean', 'squares', 'min', 'max'] as const) {
    const values = moments[part];
    if (!isA('Float64Array', values)) check.fail('type', `${name}.${part}`, 'a Float64Array', values);
    if (values.length !== mean.length || values.length === 0) {
      check.fail('range', `${name}.${part}`, 'one number for each feature', values);
    }
  }
  return moments;
}
