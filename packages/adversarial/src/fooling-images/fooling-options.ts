import type { Bounds, Check, LongWork } from '@cnnviz/internal';
import type { WantedGain } from '../losses/wanted-gain.ts';

export interface FoolingImagesProgress {
  /** Steps taken so far. */
  done: number;
  /** The most steps that the search takes. */
  total: number;
  /** Best probability of each target so far. */
  confidences: number[];
}

export interface FoolingImagesOptions extends LongWork<FoolingImagesProgress> {
  /** Height, width and channels of an image. */
  shape: readonly [height: number, width: number, channels: number];
  /** The class that the model should take each image for. */
  targets: readonly number[];
  /** What a valid pixel may be: the range that the model was trained on. */
  bounds: Bounds;
  /** Decides the noise. Default: 0. */
  seed?: number;
  /**
   * Pixel values at the center of the start, to which `decay` pulls back: one for all channels or one per channel.
   * Released code: the mean image of the training set. Default: the middle of `bounds`.
   */
  mean?: number | readonly number[];
  /**
   * `gaussian`: normal noise of standard deviation `deviation` around `mean`; `uniform`: noise over the whole of
   * `bounds`; `mean`: no noise. Default: `gaussian`.
   */
  start?: 'gaussian' | 'uniform' | 'mean';
  /**
   * Standard deviation of Gaussian noise. Released code: 1 on the scale 0-255, too little to be seen. Default: that
   * share of `bounds`, (max - min) / 255.
   */
  deviation?: number;
  /**
   * The quantity to ascend: the target's `probability`, or its `logit`, which ignores the other classes.
   * Default: `probability`.
   */
  objective?: 'probability' | 'logit';
  /**
   * `progress`: the step that should raise the target's probability p by min(`early`, `late` (1 - p)); a number: that
   * many times the objective's gradient. Default: `progress`.
   */
  learningRate?: 'progress' | number;
  /** Largest gain of probability that `progress` wants from one step. Default: 0.03, as released. */
  early?: number;
  /** Largest share of the missing probability that `progress` wants. Default: 0.1, as released. */
  late?: number;
  /**
   * How far each step pulls the image back to `mean`: 0 not at all, 1 entirely. Default: 0, the released preset without
   * regularization. Its other default, 0.01, undoes 1% of the ascent in each step, while `late` never gains more
   * than about 0.1 in the log-odds near p = 1: it ends about 10 above the log-odds of the mean, which is not p > 0.99
   * for every network.
   */
  decay?: number;
  /**
   * Standard deviation of the Gaussian that the images are blurred by, in pixels: 0 for none, or 0.3 and more, as
   * released (less changes next to nothing). Default: 0.
   */
  blur?: number;
  /** Steps from one blur to the next, >= 1. Default: 1. */
  blurEvery?: number;
  /** Images tried for each target, the noise among them. Default: 300, as released. */
  steps?: number;
  /**
   * An image that reaches this probability of its target (>=) takes no further step, and the search ends once all have:
   * 0.99 leaves more of the noise than 300 steps do. Default: none, so that all steps are taken.
   */
  stopAt?: number;
}

const LEAST_BLUR = 0.3;
const never = Number.POSITIVE_INFINITY;

/** The options with their defaults. */
export interface FoolingSettings {
  shape: readonly [height: number, width: number, channels: number];
  targets: number[];
  bounds: Bounds;
  seed: number;
  /** One for each channel. */
  mean: number[];
  start: NonNullable<FoolingImagesOptions['start']>;
  deviation: number;
  objective: NonNullable<FoolingImagesOptions['objective']>;
  learningRate: 'progress' | number;
  wanted: WantedGain;
  decay: number;
  blur: number;
  blurEvery: number;
  steps: number;
  /** Above 1 if no probability stops an image. */
  stopAt: number;
}

/** Validates the options and fills in the defaults. */
export function checkFoolingOptions(check: Check, options: FoolingImagesOptions): FoolingSettings {
  const shape = check.shape('shape', options.shape, 3);
  const bounds = check.bounds('bounds', options.bounds);
  const [min, max] = bounds;
  const { targets, learningRate = 'progress' } = options;
  if (!Array.isArray(targets)) check.fail('type', 'targets', 'an array of classes', targets);
  if (targets.length === 0) check.fail('range', 'targets', 'at least one class', targets);
  const mean = options.mean ?? (min + max) / 2;
  const means = typeof mean === 'number' ? shape.slice(2).flatMap((channels) => Array(channels).fill(mean)) : mean;
  if (!Array.isArray(means)) check.fail('type', 'mean', 'a number or one for each channel', mean);
  if (means.length !== shape[2]) check.fail('range', 'mean', `a number or ${shape[2]} of them`, mean);
  return {
    shape,
    bounds,
    targets: targets.map((target) => check.number('targets', target, { integer: true, min: 0 })),
    seed: check.seed('seed', options.seed === undefined ? 0 : options.seed),
    mean: means.map((level) => check.number('mean', level, { min, max })),
    start: check.oneOf('start', options.start ?? 'gaussian', ['gaussian', 'uniform', 'mean']),
    deviation: check.number('deviation', options.deviation ?? (max - min) / 255, { min: 0 }),
    objective: check.oneOf('objective', options.objective ?? 'probability', ['probability', 'logit']),
    learningRate: learningRate === 'progress' ? learningRate : check.number('learningRate', learningRate, { above: 0 }),
    wanted: {
      early: check.number('early', options.early ?? 0.03, { above: 0, below: 1 }),
      late: check.number('late', options.late ?? 0.1, { above: 0, below: 1 }),
    },
    decay: check.number('decay', options.decay ?? 0, { min: 0, max: 1 }),
    blur: checkBlur(check, options.blur ?? 0),
    blurEvery: check.number('blurEvery', options.blurEvery ?? 1, { integer: true, min: 1 }),
    steps: check.number('steps', options.steps ?? 300, { integer: true, min: 1 }),
    stopAt: options.stopAt === undefined ? never : check.number('stopAt', options.stopAt, { min: 0, max: 1 }),
  };
}

function checkBlur(check: Check, blur: number): number {
  if (check.number('blur', blur, { min: 0 }) > 0 && blur < LEAST_BLUR) {
    check.fail('range', 'blur', `0 or a number >= ${LEAST_BLUR}`, blur);
  }
  return blur;
}
