import { type ChartSpecification, checker, vegaLite } from '@cnnviz/internal';
import type { RandomizationRun } from '../randomization/randomization-test.ts';
import { requireRuns } from '../randomization/require-runs.ts';

export interface RandomizationSummary {
  condition: string;
  corruption: number;
  regularizer: string;
  /** Number of runs, one per seed. */
  runs: number;
  parameters: number;
  samples: number;
  /** Means over the runs. */
  epochs: number;
  trainAccuracy: number;
  testAccuracy: number;
  /** Training minus test accuracy. */
  gap: number;
  /** First epoch, from 1, after which the mean running training accuracy was at least 0.99, or `null`. */
  epochsToFit: number | null;
}

/**
 * Summarizes runs in one row per condition and regularizer: the table of the paper.
 *
 * @param runs The result of `randomizationTest`.
 * @returns A row for each, with means over the seeds: plain data.
 * @throws TypeError or RangeError if a run is incomplete, or there is none.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR
 *   2017, https://arxiv.org/abs/1611.03530, table 1.
 *
 * @example
 * import { randomizationTest, summarizeRuns } from '@cnnviz/regularizers';
 *
 * const data = { images, labels };
 * const runs = await randomizationTest({ train: data, test: data }, {
 *   classes: 10,
 *   createModel: createTrainable,
 *   createOptimizer: () => tf.train.sgd(0.01),
 *   epochs: 1,
 *   seeds: [0],
 * });
 * const rows = summarizeRuns(runs);
 */
export function summarizeRuns(runs: readonly RandomizationRun[]): RandomizationSummary[] {
  const groups = new Map<string, RandomizationRun[]>();
  for (const run of requireRuns(checker('@cnnviz/regularizers', 'summarizeRuns'), runs)) {
    const key = JSON.stringify([run.condition, run.regularizer]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const mean = (of: (run: RandomizationRun) => number) => group.reduce((sum, run) => sum + of(run), 0) / group.length;
    const { condition, corruption, regularizer, parameters, samples } = group[0]!;
    const [trainAccuracy, testAccuracy] = [mean((run) => run.trainAccuracy), mean((run) => run.testAccuracy)];
    const longest = group.reduce((most, { curve }) => Math.max(most, curve.length), 0);
    const fitted = Array.from({ length: longest }, (_, epoch) =>
      mean(({ curve }) => curve[Math.min(epoch, curve.length - 1)]!.accuracy),
    ).findIndex((accuracy) => accuracy >= 0.99);
    return {
      condition,
      corruption,
      regularizer,
      runs: group.length,
      parameters,
      samples,
      epochs: mean(({ epochs }) => epochs),
      trainAccuracy,
      testAccuracy,
      gap: trainAccuracy - testAccuracy,
      epochsToFit: fitted === -1 ? null : fitted + 1,
    };
  });
}

/**
 * Charts the training loss over the epochs, one line per condition: figure 1a of the paper.
 *
 * @param runs The result of `randomizationTest`. Each regularizer has a chart of its own; of several seeds the mean is
 *   shown.
 * @returns A Vega-Lite specification: plain JSON.
 * @throws TypeError or RangeError if a run is incomplete, or there is none.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR
 *   2017, https://arxiv.org/abs/1611.03530, figure 1.
 *
 * @example
 * import { randomizationCurves, randomizationTest } from '@cnnviz/regularizers';
 *
 * const data = { images, labels };
 * const runs = await randomizationTest({ train: data, test: data }, {
 *   classes: 10,
 *   createModel: createTrainable,
 *   createOptimizer: () => tf.train.sgd(0.01),
 *   epochs: 1,
 *   seeds: [0],
 * });
 * const specification = randomizationCurves(runs);
 */
export function randomizationCurves(runs: readonly RandomizationRun[]): ChartSpecification {
  const regularizers = [
    ...new Set(
      requireRuns(checker('@cnnviz/regularizers', 'randomizationCurves'), runs).map(({ regularizer }) => regularizer),
    ),
  ];
  const spec = {
    width: regularizers.length > 1 ? 280 : 560,
    height: 280,
    mark: { type: 'line', strokeWidth: 2 },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', title: 'epoch', axis: { tickMinStep: 1, format: 'd' } },
      y: { field: 'loss', aggregate: 'mean', type: 'quantitative', title: 'training loss (nats)' },
      // Six lines are more than colors alone can tell apart. Alike in all but the channel, so that there is one legend.
      color: { field: 'condition', type: 'nominal', sort: null, title: null, legend: { columns: 3 } },
      strokeDash: { field: 'condition', type: 'nominal', sort: null, title: null, legend: { columns: 3 } },
    },
  };
  const values = runs.flatMap(({ condition, regularizer, seed, curve }) =>
    curve.map(({ epoch, loss, accuracy }) => ({ condition, regularizer, seed, epoch: epoch + 1, loss, accuracy })),
  );
  return regularizers.length === 1
    ? { $schema: vegaLite, data: { values }, ...spec }
    : {
        $schema: vegaLite,
        data: { values },
        facet: { field: 'regularizer', type: 'nominal', sort: regularizers, title: null },
        columns: 2,
        spec,
      };
}

/**
 * Charts the test error over the probability of corrupted labels, one line per regularizer: figure 1c of the paper. Only
 * runs on unchanged pixels are shown; the dashed line is chance.
 *
 * @param runs The result of `randomizationTest`.
 * @param options `classes`: the number of classes.
 * @returns A Vega-Lite specification: plain JSON.
 * @throws TypeError or RangeError if a run is incomplete, or there is none.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR
 *   2017, https://arxiv.org/abs/1611.03530, figure 1.
 *
 * @example
 * import { corruptionChart, randomizationTest } from '@cnnviz/regularizers';
 *
 * const data = { images, labels };
 * const runs = await randomizationTest({ train: data, test: data }, {
 *   classes: 10,
 *   createModel: createTrainable,
 *   createOptimizer: () => tf.train.sgd(0.01),
 *   epochs: 1,
 *   seeds: [0],
 * });
 * const specification = corruptionChart(runs, { classes: 10 });
 */
export function corruptionChart(runs: readonly RandomizationRun[], options: { classes: number }): ChartSpecification {
  const check = checker('@cnnviz/regularizers', 'corruptionChart');
  const classes = check.number('classes', check.options(options).classes, { integer: true, min: 2 });
  const values = requireRuns(check, runs)
    .filter(({ condition }) => condition === 'true labels' || condition.includes('labels'))
    .map(({ corruption, regularizer, seed, testAccuracy, trainAccuracy }) => ({
      corruption,
      regularizer,
      seed,
      testError: 1 - testAccuracy,
      trainError: 1 - trainAccuracy,
    }));
  const error = { type: 'quantitative', title: 'test error', axis: { format: '%' }, scale: { domain: [0, 1] } };
  return {
    $schema: vegaLite,
    data: { values },
    width: 420,
    height: 280,
    layer: [
      {
        mark: { type: 'line', point: true, strokeWidth: 2 },
        encoding: {
          x: {
            field: 'corruption',
            type: 'quantitative',
            title: 'probability of a random label',
            scale: { domain: [0, 1] },
          },
          y: { field: 'testError', aggregate: 'mean', ...error },
          color: { field: 'regularizer', type: 'nominal', title: null },
          strokeDash: { field: 'regularizer', type: 'nominal', title: null },
        },
      },
      {
        data: { values: [{ chance: 1 - 1 / classes }] },
        mark: { type: 'rule', strokeDash: [2, 3], opacity: 0.6 },
        encoding: { y: { field: 'chance', ...error } },
      },
    ],
  };
}
