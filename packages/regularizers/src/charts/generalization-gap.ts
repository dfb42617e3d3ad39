import { type ChartSpecification, checker, vegaLite } from '@cnnviz/internal';
import { requireEpochs } from '../training/require-epochs.ts';
import type { EpochRecord } from '../training/train-options.ts';

export interface GapRecord {
  epoch: number;
  trainLoss: number;
  testLoss: number;
  /** Test minus training: above 0 the network does better on what it has seen. */
  lossGap: number;
  trainAccuracy: number;
  testAccuracy: number;
  /** Training minus test. */
  accuracyGap: number;
}

/**
 * Training against test, epoch by epoch.
 *
 * @param history Of `train` with the test set as `validation`.
 * @throws RangeError if an epoch has no validation.
 *
 * @example
 * import { generalizationGap, train } from '@cnnviz/regularizers';
 *
 * const data = [{ images, labels }];
 * const { history } = await train(trainable, data, {
 *   optimizer: tf.train.sgd(0.01),
 *   epochs: 2,
 *   seed: 0,
 *   validation: data,
 * });
 * const gaps = generalizationGap(history);
 */
export function generalizationGap(history: readonly EpochRecord[]): GapRecord[] {
  const check = checker('@cnnviz/regularizers', 'generalizationGap');
  requireEpochs(check, 'history', history);
  return history.map(({ epoch, loss, accuracy, validationLoss, validationAccuracy }) => {
    if (validationLoss === undefined || validationAccuracy === undefined) {
      return check.failBecause('range', `epoch ${epoch} has no validation: train with the option validation`);
    }
    return {
      epoch,
      trainLoss: loss,
      testLoss: validationLoss,
      lossGap: validationLoss - loss,
      trainAccuracy: accuracy,
      testAccuracy: validationAccuracy,
      accuracyGap: accuracy - validationAccuracy,
    };
  });
}

/**
 * The lecture's picture of overfitting: error of training and test over the epochs, side by side for each of several
 * trainings.
 *
 * @param histories By name, such as `{ none: history, dropout: otherHistory }`.
 * @param options `metric`: the error rate (1 - accuracy, the default) or the loss.
 *
 * @example
 * import { overfittingChart, train } from '@cnnviz/regularizers';
 *
 * const data = [{ images, labels }];
 * const { history } = await train(trainable, data, {
 *   optimizer: tf.train.sgd(0.01),
 *   epochs: 2,
 *   seed: 0,
 *   validation: data,
 * });
 * const specification = overfittingChart({ none: history }, { metric: 'loss' });
 */
export function overfittingChart(
  histories: Readonly<Record<string, readonly EpochRecord[]>>,
  options: { metric?: 'error' | 'loss' } = {},
): ChartSpecification {
  const check = checker('@cnnviz/regularizers', 'overfittingChart');
  const metric = check.oneOf('metric', check.options(options).metric ?? 'error', ['error', 'loss']);
  const names = Object.keys(check.options(histories, 'histories'));
  if (names.length === 0) check.fail('range', 'histories', 'at least one training', histories);
  const values = names.flatMap((training) =>
    generalizationGap(histories[training]!).flatMap((record) => [
      { training, set: 'training', epoch: record.epoch + 1, value: measured(record, 'train', metric) },
      { training, set: 'test', epoch: record.epoch + 1, value: measured(record, 'test', metric) },
    ]),
  );
  const percent = metric === 'error' ? { format: '%' } : {};
  return {
    $schema: vegaLite,
    data: { values },
    facet: { field: 'training', type: 'nominal', sort: names, title: null, header: { labelFontSize: 14 } },
    columns: 3,
    spec: {
      width: 200,
      height: 160,
      mark: { type: 'line', strokeWidth: 2 },
      encoding: {
        x: { field: 'epoch', type: 'quantitative', title: 'epoch', axis: { tickMinStep: 1, format: 'd' } },
        y: { field: 'value', type: 'quantitative', title: metric === 'error' ? 'error' : 'loss (nats)', axis: percent },
        // Alike in all but the channel, or Vega-Lite draws two legends.
        color: { field: 'set', type: 'nominal', sort: null, title: null },
        strokeDash: { field: 'set', type: 'nominal', sort: null, title: null },
      },
    },
  };
}

function measured(record: GapRecord, set: 'train' | 'test', metric: 'error' | 'loss'): number {
  return metric === 'error' ? 1 - record[`${set}Accuracy`] : record[`${set}Loss`];
}
