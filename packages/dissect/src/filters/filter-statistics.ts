import { checker, requireFinite } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ColorPreference, colorPreference } from './color-preference.ts';
import { type PreferredGrating, preferredGrating } from './preferred-grating.ts';

/** Options of `filterStatistics`. */
export interface FilterStatisticsOptions {
  /**
   * A filter is dead if its norm is at most this share of the largest norm of the layer. Default: 0.01, a choice of this
   * package: such a filter has a ten-thousandth of the strongest filter's energy.
   */
  deadShare?: number;
  /**
   * Two filters are duplicates if their cosine similarity is at least this. Default: 0.95, a choice of this package: an
   * angle of 18 degrees.
   */
  duplicateSimilarity?: number;
}

/** What `filterStatistics` finds. */
export interface FilterStatistics {
  /** One record per filter, in their order. */
  filters: FilterRecord[];
  /** Pairs of filters that are duplicates and not dead, most similar first. */
  duplicates: { first: number; second: number; similarity: number }[];
}

/** Statistics of one filter. */
export interface FilterRecord {
  /** Index of the filter. */
  filter: number;
  /** Root of the sum of squares of its weights. */
  norm: number;
  /** Mean of its weights: its response to flat brightness. */
  mean: number;
  isDead: boolean;
  /** The most similar filter that is not dead, by cosine similarity, in [-1, 1]. Null if there is no other. */
  nearest: { filter: number; similarity: number } | null;
  /** The grating that it responds to most. */
  grating: PreferredGrating;
  /** Its color preference; null unless it has three input channels. */
  color: ColorPreference | null;
}

/**
 * Reads off the weights of a convolution which filters are dead or nearly the same, which orientation and frequency each
 * prefers, and whether it is selective for color.
 *
 * @param filters The weights of the layer as tfjs keeps them, `[h, w, in, out]`; three input channels are taken for RGB.
 *   Not modified.
 * @returns Plain data.
 * @throws RangeError if an option is outside its range, or the weights have a size of 0.
 * @throws TypeError if an argument is of another kind.
 * @throws Error if a weight is not finite.
 * @see Ringach, Shapley, Hawken, "Orientation selectivity in macaque V1", Journal of Neuroscience 22(13), 2002,
 *   https://doi.org/10.1523/JNEUROSCI.22-13-05639.2002.
 * @see Harris, Mihai, Hare, "How convolutional neural network architecture biases learned opponency and color tuning",
 *   Neural Computation 33(4), 2021, https://doi.org/10.1162/neco_a_01356.
 *
 * @example
 * import { filterStatistics } from '@cnnviz/dissect';
 *
 * const { filters: records, duplicates } = await filterStatistics(filters);
 * const oriented = records.filter(({ isDead, grating }) => !isDead && grating.selectivity > 0.5);
 */
export async function filterStatistics(
  filters: Tensor4D,
  options: FilterStatisticsOptions = {},
): Promise<FilterStatistics> {
  const check = checker('@cnnviz/dissect', 'filterStatistics');
  check.options(options);
  check.tensor('filters', filters, { rank: 4, dtype: 'float32' });
  const [height, width, channels, count] = filters.shape;
  if (filters.size === 0) check.fail('range', 'filters', 'weights [h, w, in, out] with no size of 0', filters);
  const deadShare = check.number('deadShare', options.deadShare ?? 0.01, { min: 0, max: 1 });
  const limit = check.number('duplicateSimilarity', options.duplicateSimilarity ?? 0.95, { min: -1, max: 1 });
  await requireFinite(check, 'filters', filters);

  const { weights, similarities } = await weightsAndSimilarities(filters);
  const size = height * width * channels;
  const weightsOf = (filter: number) => weights.subarray(filter * size, (filter + 1) * size);
  const norms = Array.from({ length: count }, (_, filter) =>
    Math.sqrt(weightsOf(filter).reduce((sum, weight) => sum + weight * weight, 0)),
  );
  const largest = norms.reduce((most, norm) => Math.max(most, norm));
  const isDead = norms.map((norm) => norm <= deadShare * largest);
  const similarity = (a: number, b: number) => Math.min(1, Math.max(-1, similarities[a * count + b]!));

  const duplicates: FilterStatistics['duplicates'] = [];
  const records = norms.map((norm, filter): FilterRecord => {
    let nearest: FilterRecord['nearest'] = null;
    for (let other = 0; other < count; other++) {
      if (other === filter || isDead[other]) continue;
      const alike = similarity(filter, other);
      if (nearest === null || alike > nearest.similarity) nearest = { filter: other, similarity: alike };
      if (other > filter && !isDead[filter] && alike >= limit) {
        duplicates.push({ first: filter, second: other, similarity: alike });
      }
    }
    const own = weightsOf(filter);
    return {
      filter,
      norm,
      mean: own.reduce((sum, weight) => sum + weight, 0) / size,
      isDead: isDead[filter]!,
      nearest,
      grating: preferredGrating(own, [height, width, channels]),
      color: channels === 3 ? colorPreference(own) : null,
    };
  });
  duplicates.sort((a, b) => b.similarity - a.similarity || a.first - b.first || a.second - b.second);
  return { filters: records, duplicates };
}

/** The weights filter by filter, and the cosine of the angle between every two filters, row by row. */
async function weightsAndSimilarities(
  filters: Tensor4D,
): Promise<{ weights: Float32Array; similarities: Float32Array }> {
  const count = filters.shape[3];
  const [rows, cosines] = tf.tidy((): [Tensor2D, Tensor2D] => {
    const rows: Tensor2D = tf.reshape(tf.transpose(filters, [3, 0, 1, 2]), [count, filters.size / count]);
    // By the largest weight first, so that no square under- or overflows.
    const largest = tf.max(tf.abs(rows), 1, true);
    const scaled = tf.div(rows, tf.add(largest, tf.cast(tf.equal(largest, 0), 'float32')));
    const norms = tf.sqrt(tf.sum(tf.square(scaled), 1, true));
    const directions: Tensor2D = tf.div(scaled, tf.maximum(norms, 1e-6));
    return [rows, tf.matMul(directions, directions, false, true)];
  });
  try {
    const [weights, similarities] = await Promise.all([rows.data<'float32'>(), cosines.data<'float32'>()]);
    return { weights, similarities };
  } finally {
    tf.dispose([rows, cosines]);
  }
}
