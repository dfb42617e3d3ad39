import {
  type Check,
  createRandom,
  type FailedImage,
  type Random,
  type RandomState,
  requireSavedState,
  restoreRandom,
} from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AscentSettings } from './ascent-options.ts';

/** Everything that decides how a run continues; plain JSON. */
export interface AscentState {
  readonly kind: 'maximizeActivation';
  readonly version: number;
  /** Steps taken. */
  readonly step: number;
  /** The shape of `variables`: `[n, ...variableShape]`. */
  readonly shape: readonly number[];
  readonly variables: readonly number[];
  /** What the optimizer remembers, one list of the size of `variables` per tensor. */
  readonly memory: readonly (readonly number[])[];
  /** Draws the transforms to come. */
  readonly random: RandomState;
  readonly best: BestSoFar;
  /** Which images have reached `stopAt`. */
  readonly stopped: readonly boolean[];
  /** Images that were given up. */
  readonly failed: readonly FailedImage[];
  /** The activation of each image at each step, `[step][n]`; NaN, which JSON turns into null, where it was not finite. */
  readonly trace: readonly (readonly number[])[];
}

/** The best of each image so far. */
export interface BestSoFar {
  /** `[n, ...variableShape]`. */
  readonly variables: readonly number[];
  /** By which they are the best: the activation minus the penalties. */
  readonly values: readonly number[];
  readonly activations: readonly number[];
  /** The step at which each was found. */
  readonly steps: readonly number[];
}

/** A run on the device. Its parts are replaced from step to step. */
export interface AscentRun {
  step: number;
  variables: Tensor;
  memory: Tensor[];
  /** Draws the transforms. */
  random: Random;
  best: Omit<BestSoFar, 'variables'> & { variables: Tensor };
  stopped: boolean[];
  /** Per image, why it was given up, if it was. */
  failures: (FailedImage | undefined)[];
  trace: number[][];
}

const FORMAT = { kind: 'maximizeActivation', version: 1 } as const;

/** Per image, whether it takes no further step. */
export const restingOf = ({ stopped, failures }: AscentRun): boolean[] =>
  stopped.map((isStopped, image) => isStopped || failures[image] !== undefined);

export const failedOf = ({ failures }: AscentRun): FailedImage[] => failures.filter((failure) => failure !== undefined);

export function startRun({ parameterization, optimizer, seed, count }: AscentSettings): AscentRun {
  const shape = [count, ...parameterization.variableShape];
  const random = createRandom(seed);
  // The transforms draw numbers of their own, so that they do not depend on how many the start takes.
  const ofTransforms = createRandom(random.integer(2 ** 32));
  const variables = tf.tidy(() => parameterization.start(random, count));
  return {
    step: 0,
    variables,
    memory: Array.from({ length: optimizer.memory }, () => tf.zeros(shape)),
    random: ofTransforms,
    best: {
      variables: tf.clone(variables),
      values: Array(count).fill(Number.NEGATIVE_INFINITY),
      activations: Array(count).fill(Number.NEGATIVE_INFINITY),
      steps: Array(count).fill(0),
    },
    stopped: Array(count).fill(false),
    failures: Array(count).fill(undefined),
    trace: [],
  };
}

export function disposeRun({ variables, memory, best }: AscentRun): void {
  tf.dispose([variables, memory, best.variables]);
}

export async function saveRun(run: AscentRun): Promise<AscentState> {
  const { step, variables, memory, best } = run;
  const plain = {
    ...FORMAT,
    step,
    shape: [...variables.shape],
    random: run.random.state(),
    stopped: [...run.stopped],
    failed: failedOf(run),
    trace: run.trace.map((activations) => [...activations]),
  };
  const kept = { values: [...best.values], activations: [...best.activations], steps: [...best.steps] };
  const [read, readBest, ...readMemory] = await Promise.all([variables, best.variables, ...memory].map(readNumbers));
  return { ...plain, variables: read!, memory: readMemory, best: { ...kept, variables: readBest! } };
}

/** The values as plain numbers. */
export async function readNumbers(tensor: Tensor): Promise<number[]> {
  return Array.from(await tensor.data<'float32'>());
}

/** @throws RangeError or TypeError if the state is of another kind or run, or damaged. */
export function restoreRun(check: Check, settings: AscentSettings, state: AscentState): AscentRun {
  const shape = [settings.count, ...settings.parameterization.variableShape];
  requireState(check, settings, shape, state);
  const random = restoreRandom(state.random);
  const { best } = state;
  const numbers = (values: readonly (number | null)[]) => values.map((value) => value ?? Number.NaN);
  return {
    step: state.step,
    variables: tensorOf(state.variables, shape),
    memory: state.memory.map((values) => tensorOf(values, shape)),
    random,
    best: {
      variables: tensorOf(best.variables, shape),
      values: numbers(best.values),
      activations: numbers(best.activations),
      steps: [...best.steps],
    },
    stopped: [...state.stopped],
    failures: state.stopped.map((_, image) => state.failed.find(({ index }) => index === image)),
    trace: state.trace.map(numbers),
  };
}

/** In a browser tfjs does not recognize an array of another realm. */
function tensorOf(values: ArrayLike<number>, shape: number[]): Tensor {
  return tf.tensor(new Float32Array(values), shape);
}

/** Checks all but `random`, which `restoreRandom` checks. */
function requireState(check: Check, settings: AscentSettings, shape: number[], state: AscentState): void {
  requireSavedState(check, state, FORMAT);
  const { optimizer, steps, count } = settings;
  if (!isListOf(state.shape, shape.length) || String(state.shape) !== String(shape)) {
    check.fail('range', 'resume', `a state of variables [${shape.join(', ')}]`, state.shape);
  }
  const { memory, best, stopped } = state;
  if (!Array.isArray(memory) || memory.length !== optimizer.memory) {
    check.fail('range', 'resume', `a state of the optimizer ${optimizer.name}`, state);
  }
  check.number('resume.step', state.step, { integer: true, min: 0 });
  if (state.step > steps) check.fail('range', 'steps', `at least ${state.step}, as many as were taken`, steps);
  const size = tf.util.sizeFromShape(shape);
  const requireNumbers = (name: string, values: unknown, length: number) => {
    if (!isListOf(values, length)) check.fail('type', `resume.${name}`, `${length} numbers`, values);
  };
  requireNumbers('variables', state.variables, size);
  for (const [index, values] of memory.entries()) requireNumbers(`memory[${index}]`, values, size);
  requireNumbers('best.variables', best?.variables, size);
  requireNumbers('best.steps', best.steps, count);
  requireFailures(check, state.failed, count);
  requireActivations(check, state, count);
  if (!Array.isArray(stopped) || stopped.length !== count || stopped.some((each) => typeof each !== 'boolean')) {
    check.fail('type', 'resume.stopped', `${count} booleans`, stopped);
  }
}

/** An image that has failed may have no activation. */
function requireActivations(check: Check, { failed, best, trace }: AscentState, count: number): void {
  const hasFailed = new Set(failed.map(({ index }) => index));
  const isActivation = (value: unknown, image: number) =>
    typeof value === 'number' || (value === null && hasFailed.has(image));
  const requireList = (name: string, values: unknown) => {
    if (Array.isArray(values) && values.length === count && values.every(isActivation)) return;
    check.fail('type', `resume.${name}`, `${count} numbers`, values);
  };
  requireList('best.values', best.values);
  requireList('best.activations', best.activations);
  if (!Array.isArray(trace)) check.fail('type', 'resume.trace', 'a list of steps', trace);
  for (const [index, activations] of trace.entries()) requireList(`trace[${index}]`, activations);
}

function requireFailures(check: Check, failed: unknown, count: number): void {
  if (!Array.isArray(failed)) check.fail('type', 'resume.failed', 'a list of images that were given up', failed);
  for (const [place, failure] of (failed as FailedImage[]).entries()) {
    check.number(`resume.failed[${place}].index`, failure?.index, { integer: true, min: 0, max: count - 1 });
    check.number(`resume.failed[${place}].step`, failure.step, { integer: true, min: 0 });
    if (typeof failure.reason !== 'string') {
      check.fail('type', `resume.failed[${place}].reason`, 'a string', failure.reason);
    }
  }
}

function isListOf(values: unknown, length: number): boolean {
  return Array.isArray(values) && values.length === length && values.every((value) => typeof value === 'number');
}
