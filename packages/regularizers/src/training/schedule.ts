import { checker } from '@cnnviz/internal';

/** The learning rate of an epoch, counted from 0. */
export type Schedule = (epoch: number) => number;

/**
 * Keeps the learning rate the same in each epoch.
 *
 * @param rate Above 0.
 * @returns A schedule.
 * @throws RangeError if `rate` is not above 0.
 * @see `train`, whose option `schedule` takes it.
 *
 * @example
 * import { constantRate } from '@cnnviz/regularizers';
 *
 * constantRate(0.1)(7); // 0.1
 */
export function constantRate(rate: number): Schedule {
  checker('@cnnviz/regularizers', 'constantRate').number('rate', rate, { above: 0 });
  return () => rate;
}

/**
 * Multiplies the learning rate by `factor` at each epoch of `at`.
 *
 * @param options `initial` rate, epochs `at`, `factor` (default 0.1).
 * @returns A schedule.
 * @throws RangeError if a number is out of range; TypeError if `at` is no list.
 * @see He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016,
 *   https://arxiv.org/abs/1512.03385, section 3.4.
 *
 * @example
 * import { stepRate } from '@cnnviz/regularizers';
 *
 * stepRate({ initial: 0.1, at: [150, 225] })(150); // 0.01
 */
export function stepRate(options: { initial: number; at: readonly number[]; factor?: number }): Schedule {
  const check = checker('@cnnviz/regularizers', 'stepRate');
  const initial = check.number('initial', check.options(options).initial, { above: 0 });
  const factor = check.number('factor', options.factor ?? 0.1, { above: 0 });
  if (!Array.isArray(options.at)) check.fail('type', 'at', 'a list of epochs', options.at);
  const at = options.at.map((epoch) => check.number('at', epoch, { integer: true, min: 0 }));
  return (epoch) => initial * factor ** at.filter((step) => step <= epoch).length;
}

/**
 * Multiplies the learning rate by `factor` after each epoch. Zhang et al. use 0.95.
 *
 * @param options `initial` rate and `factor`, both above 0.
 * @returns A schedule.
 * @throws RangeError if a number is not above 0.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, appendix A.
 *
 * @example
 * import { exponentialRate } from '@cnnviz/regularizers';
 *
 * exponentialRate({ initial: 0.1, factor: 0.95 })(1); // 0.095
 */
export function exponentialRate(options: { initial: number; factor: number }): Schedule {
  const check = checker('@cnnviz/regularizers', 'exponentialRate');
  const initial = check.number('initial', check.options(options).initial, { above: 0 });
  const factor = check.number('factor', options.factor, { above: 0 });
  return (epoch) => initial * factor ** epoch;
}

/**
 * Lowers the learning rate from `initial` to `final` (default 0) along half a cosine in `epochs` epochs; it stays at
 * `final` from there on.
 *
 * @param options `initial` rate, `epochs`, `final` rate.
 * @returns A schedule.
 * @throws RangeError if a number is out of range.
 * @see Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017,
 *   https://arxiv.org/abs/1608.03983, equation 5.
 *
 * @example
 * import { cosineRate } from '@cnnviz/regularizers';
 *
 * cosineRate({ initial: 0.1, epochs: 10 })(5); // 0.05
 */
export function cosineRate(options: { initial: number; epochs: number; final?: number }): Schedule {
  const check = checker('@cnnviz/regularizers', 'cosineRate');
  const initial = check.number('initial', check.options(options).initial, { above: 0 });
  const epochs = check.number('epochs', options.epochs, { above: 0 });
  const final = check.number('final', options.final ?? 0, { min: 0 });
  return (epoch) => final + ((initial - final) * (1 + Math.cos((Math.PI * Math.min(epoch, epochs)) / epochs))) / 2;
}
