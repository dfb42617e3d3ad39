export type { Bounds, Classifier, Generator, LongWork, Probe } from '@cnnviz/internal';

// Activation maximization

export type {
  AscentOptions,
  AscentState,
  AscentStep,
  MaximizeActivationOptions,
  MaximizedActivation,
} from './maximize-activation.ts';

// Objectives

export type { Activations, Objective, PreparedObjective } from './objective.ts';

// Parameterizations

export { type CodeBox, type GeneratorOptions, generator } from './generator.ts';
export type { Parameterization } from './parameterization.ts';

// Optimizers, regularizers and transforms

export type { Optimizer, StepOfRun } from './optimizer.ts';
export type { Regularizer } from './regularizer.ts';
export type { Transform, View, ViewTransform } from './transform.ts';
