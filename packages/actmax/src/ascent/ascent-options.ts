import type { Bounds, Check } from '@cnnviz/internal';
import type { Objective } from '../objectives/objective.ts';
import { objectivesSideBySide } from '../objectives/objectives-side-by-side.ts';
import { adam } from '../optimizers/adam.ts';
import { checkedOptimizer } from '../optimizers/checked-optimizer.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { checkedParameterization } from '../parameterizations/checked-parameterization.ts';
import type { Parameterization } from '../parameterizations/parameterization.ts';
import { checkedRegularizers } from '../regularizers/checked-regularizers.ts';
import type { Regularizer } from '../regularizers/regularizer.ts';
import { checkedTransforms } from '../transforms/checked-transforms.ts';
import type { Transform } from '../transforms/transform.ts';
import type { AscentState } from './ascent-state.ts';

export interface AscentOptions {
  /** What to maximize: one objective for all images, or a list whose objectives take the images one after the other. */
  objective: Objective | readonly Objective[];
  /** What is changed, and how it becomes an image. */
  parameterization: Parameterization;
  /** A whole number >= 0 that decides the start and the transforms. Default: 0. */
  seed?: number;
  /** Number of images. Default: as many as the objective is for, or 1. */
  count?: number;
  /** Default: `adam()`, with lucid's learning rate of 0.05. */
  optimizer?: Optimizer;
  /** Applied to the images before a network sees them. Default: none. */
  transforms?: readonly Transform[];
  /** How often a network looks at each image in a step, each time through newly drawn transforms. Default: 1. */
  views?: number;
  /** Applied one after the other. Default: none. */
  regularizers?: readonly Regularizer[];
  /** Gradient steps. Default: 512, as lucid. */
  steps?: number;
  /** An image whose activation reaches this takes no further step, and the run ends once all do. Default: never. */
  stopAt?: number;
  /**
   * Whether to give up an image whose gradient is zero at the start, such as that of a dead unit: it stays as it is, and
   * the result lists it under `failed`. If no other image is left, this is an error. With `false` such an image stays in
   * the run until a transform or `diversity` moves it. Default: true.
   */
  rejectZeroGradient?: boolean;
  /** What `state()` of a step gave: resumes from there, with the same result to the last bit on the same backend. Default: starts anew. */
  resume?: AscentState;
}

/** The options of an ascent, checked and with their defaults. */
export interface AscentSettings {
  objective: Objective;
  parameterization: Parameterization;
  bounds: Bounds;
  seed: number;
  count: number;
  optimizer: Optimizer;
  transforms: readonly Transform[];
  views: number;
  regularizers: readonly Regularizer[];
  steps: number;
  stopAt: number;
  rejectZeroGradient: boolean;
}

/** Checks the options and fills in the defaults. */
export function resolveOptions(check: Check, options: AscentOptions): AscentSettings {
  const { seed = 0, stopAt = Number.POSITIVE_INFINITY } = check.options(options);
  const objective = objectivesSideBySide(check, [options.objective].flat() as Objective[]);
  const parameterization = checkedParameterization(check, options.parameterization);
  const optimizer = checkedOptimizer(check, options.optimizer ?? adam());
  const transforms = checkedTransforms(check, options.transforms ?? []);
  const regularizers = checkedRegularizers(check, options.regularizers ?? []);
  const count = check.number('count', options.count ?? objective.count ?? 1, { integer: true, min: 1 });
  if (objective.count !== undefined && objective.count !== count) {
    check.fail('range', 'count', `${objective.count}, as many as the objective is for`, count);
  }
  if (stopAt !== Number.POSITIVE_INFINITY) check.number('stopAt', stopAt);
  return {
    objective,
    parameterization,
    bounds: parameterization.bounds,
    seed: check.seed('seed', seed),
    count,
    optimizer,
    transforms,
    views: check.number('views', options.views ?? 1, { integer: true, min: 1 }),
    regularizers,
    steps: check.number('steps', options.steps ?? 512, { integer: true, min: 1 }),
    stopAt,
    rejectZeroGradient: check.boolean('rejectZeroGradient', options.rejectZeroGradient ?? true),
  };
}
