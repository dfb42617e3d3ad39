import { type ChartSpecification, checker, vegaLite } from '@cnnviz/internal';
import { requireEpochs } from '../training/require-epochs.ts';
import type { EpochRecord } from '../training/train-options.ts';

export interface GapRecord {
  epoch: number;
  trainLoss: number;
  testLoss: number;
  /** Test minus training loss; above 0 the network does better on images that it has seen. */
  lossGap: number;
  trainAccuracy: number;
  testAccuracy: number;
  /** Training minus test accuracy. */
  accuracyGap: number;
}

/**
 * Compares training and test, epoch by epoch.
 *
 * @param history The history of a `train` with the test set as `validation`.
 * @returns A record per epoch: plain data.
 * @throws RangeError if an epoch has no validation.
 * @see Zhang, Bengio, Hardt, Recht, Vinyals, "Understanding deep learning requires rethinking generalization", ICLR
 *   2017, https://arxiv.org/abs/1611.03530, section 1.
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
 * Charts overfitting: the error on training and test images over the epochs, side by side for several trainings.
 *
 * @param histories Histories by name, such as `{ none: history, dropout: otherHistory }`.
 * @param options `metric`: the error rate (1 - accuracy, the default) or the loss.
 * @returns A Vega-Lite specification: plain JSON.
 * @throws RangeError if there is no history, or an epoch has no validation.
 * @see Prechelt, "Early Stopping - But When?", 1998, https://doi.org/10.1007/3-540-49430-8_3, figure 1.
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
