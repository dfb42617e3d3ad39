import {
  askAtOnce,
  type BatchSized,
  type Bounds,
  type Check,
  checker,
  createRandom,
  disposeTapeOnThrow,
  type FailedImage,
  isA,
  messageOf,
  notFiniteError,
  type Random,
  type RandomState,
  requireGradients,
  restoreRandom,
} from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkedActivations } from '../objectives/checked-objective.ts';
import { type Objective, type PreparedObjective, rememberedActivations } from '../objectives/objective.ts';
import { objectivesSideBySide } from '../objectives/objectives-side-by-side.ts';
import { adam } from '../optimizers/adam.ts';
import { checkedOptimizer } from '../optimizers/checked-optimizer.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { checkedParameterization } from '../parameterizations/checked-parameterization.ts';
import type { Parameterization } from '../parameterizations/parameterization.ts';
import { checkedRegularizers } from '../regularizers/checked-regularizers.ts';
import type { Regularizer } from '../regularizers/regularizer.ts';
import { checkedTransforms } from '../transforms/checked-transforms.ts';
import { resize } from '../transforms/resize.ts';
import type { Transform } from '../transforms/transform.ts';
import { transformImages } from '../transforms/transform-images.ts';
import { allAreDead, isFiniteScore, reasonToGiveUp, type Score } from './failing-images.ts';

export interface AscentOptions {
  /** What to maximize: one objective for all images, or a list whose objectives take the images one after the other. */
  objective: Objective | readonly Objective[];
  /** What is changed, and how it becomes an image. */
  parameterization: Parameterization;
  /** Decides the start and the transforms. */
  seed: number;
  /** How many images. Default: as many as the objective is for, or 1. */
  count?: number;
  /** Default: `adam()`, with lucid's learning rate of 0.05. */
  optimizer?: Optimizer;
  /** What is done to the images before a network sees them. Default: nothing. */
  transforms?: readonly Transform[];
  /** How often a network looks at each image in a step, each time through transforms of its own. Default: 1. */
  views?: number;
  /** Applied one after the other. Default: none. */
  regularizers?: readonly Regularizer[];
  /** Default: 512, as lucid. */
  steps?: number;
  /** An image whose activation reaches this takes no further step, and the run ends once all do. Default: never. */
  stopAt?: number;
  /**
   * Whether an image whose gradient is zero at the start, as that of a dead unit, is given up: it stays as it is, and
   * the result lists it under `failed`. If there is no other image, that is an error. With `false` such an image stays
   * until a transform or `diversity` moves it. Default: true.
   */
  rejectZeroGradient?: boolean;
  /** Goes on from here instead of from the start, with the same result to the last bit on the same backend. */
  resume?: AscentState;
}

/** All that decides how a run goes on; plain data. */
export interface AscentState {
  /** Steps that were taken. */
  readonly step: number;
  /** Of `variables`: `[n, ...variableShape]`. */
  readonly shape: readonly number[];
  readonly variables: Float32Array;
  /** What the optimizer remembers, one array of the size of `variables` for each of its tensors. */
  readonly memory: readonly Float32Array[];
  /** Of the transforms to come. */
  readonly random: RandomState;
  readonly best: BestSoFar;
  /** Which images have reached `stopAt`. */
  readonly stopped: readonly boolean[];
  /** Images that were given up. */
  readonly failed: readonly FailedImage[];
  /** The activation of each image at each step, `[step][n]`; NaN, which JSON keeps as null, where it was not finite. */
  readonly trace: readonly (readonly number[])[];
}

/** The best of each image so far. */
export interface BestSoFar {
  /** `[n, ...variableShape]`. */
  readonly variables: Float32Array;
  /** What made them the best: the activation less the penalties. */
  readonly values: readonly number[];
  readonly activations: readonly number[];
  /** The step that each was found at. */
  readonly steps: readonly number[];
}

export interface AscentStep {
  /** Steps that were taken, from 1. */
  step: number;
  steps: number;
  /** The objective of each image as the network saw it, before this step; NaN where it is not finite. */
  activations: number[];
  /** Images that were given up, by now. */
  failed: FailedImage[];
  /** The images that `activations` are of, `[n, h, w, c]`. Not after the next step. The caller disposes. */
  images(): Tensor4D;
  /** Where the run is after this step. Not after the next step. */
  state(): Promise<AscentState>;
}

export interface MaximizedActivation {
  /** The best of the run for each objective, `[n, h, w, c]` inside the bounds. The caller disposes. */
  images: Tensor4D;
  /**
   * The objective of each of `images`, as they are, without transforms; NaN for an image whose activation was not finite
   * at the start.
   */
  activations: number[];
  /** The step, from 0 (the start), that each of `images` was found at. */
  bestSteps: number[];
  /** What `images` were made of (codes, of a generator), `[n, ...variableShape]`. */
  variables: Float32Array;
  /**
   * Images that were given up, the others having gone on without them: their gradient was zero at the start, or
   * activations or gradients stopped being finite. What `images` and `last` hold of them is the best until then.
   */
  failed: FailedImage[];
  /** How the run ended. The caller disposes `images`. */
  last: { images: Tensor4D; activations: number[] };
  /**
   * The activation of each image at each step, from the start to the last image: `[steps + 1][n]`. NaN where it was not
   * finite.
   */
  trace: number[][];
  /** Steps that were taken. */
  steps: number;
  /** What `resume` takes to go on. */
  state: AscentState;
}

/** No image is left whose activations and gradients are finite; the best until then is here, as plain data. */
export class NonFiniteActivationError extends Error {
  override readonly name = 'NonFiniteActivationError';
  /** Undefined where nothing was finite, at the start. */
  readonly bestSoFar: (BestSoFar & { readonly images: Float32Array; readonly shape: readonly number[] }) | undefined;

  constructor(message: string, bestSoFar: NonFiniteActivationError['bestSoFar']) {
    super(message);
    this.bestSoFar = bestSoFar;
  }
}

/**
 * `maximizeActivation`, one step at a time: for a page that draws each step, or a loop of one's own. Leaving the loop
 * frees everything.
 *
 * @returns Of the generator: what `maximizeActivation` returns. A `for await` does not show it.
 * @throws As `maximizeActivation`.
 *
 * @example
 * import { activationSteps, logit, pixels } from '@cnnviz/actmax';
 *
 * const parameterization = pixels({ shape: [28, 28, 1], bounds: [0, 1] });
 * for await (const step of activationSteps({ objective: logit(model, 3), parameterization, seed: 0 })) {
 *   const drawn = step.images();
 *   console.log(step.step, step.activations[0]);
 *   drawn.dispose();
 *   if (step.step === 3) break;
 * }
 */
export async function* activationSteps(
  options: AscentOptions,
): AsyncGenerator<AscentStep, MaximizedActivation, undefined> {
  return yield* ascend(checker('@cnnviz/actmax', 'activationSteps'), options);
}

/** `activationSteps` under the name of the function that was called. */
export async function* ascend(
  check: Check,
  options: AscentOptions,
): AsyncGenerator<AscentStep, MaximizedActivation, undefined> {
  const settings = checkOptions(check, options);
  requireGradients(check);
  const { parameterization, regularizers, steps, stopAt, count } = settings;
  for (const regularizer of regularizers) await regularizer.check?.(parameterization);
  const run = begin(check, settings, options.resume);
  let prepared: Prepared | undefined;
  try {
    await parameterization.check?.(run.variables);
    prepared = prepare(check, settings, run.variables);
    while (run.step < steps) {
      const { gradient, facts } = evaluateWithGradient(check, settings, prepared, run);
      const held = [gradient, facts];
      try {
        const scores = await readScores(facts, count);
        await giveUpFailing(check, settings, run, scores);
        const scored = tf.keep(tf.clone(run.variables));
        held.push(scored);
        keepBest(settings, run, scores);
        for (const [image, { activation }] of scores.entries()) run.stopped[image] ||= activation >= stopAt;
        if (isResting(run).every(Boolean)) break;
        const activations = scores.map(({ activation }) => finiteOrNaN(activation));
        run.trace.push(activations);
        takeStep(settings, run, gradient, scores);
        yield {
          step: run.step,
          steps,
          activations: [...activations],
          failed: failedOf(run),
          images: () => tf.tidy(() => parameterization.render(scored)),
          state: () => readState(run),
        };
      } finally {
        tf.dispose(held);
      }
    }
    return await conclude(check, settings, prepared, run);
  } finally {
    tf.dispose([run.variables, run.memory, run.best.variables, ...(prepared?.held ?? [])]);
  }
}

interface Settings {
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

function checkOptions(check: Check, options: AscentOptions): Settings {
  check.options(options);
  const objectives = [options.objective].flat() as Objective[];
  const objective = objectivesSideBySide(check, objectives);
  const parameterization = checkedParameterization(check, options.parameterization);
  const optimizer = checkedOptimizer(check, options.optimizer ?? adam());
  const transforms = checkedTransforms(check, options.transforms ?? []);
  const regularizers = checkedRegularizers(check, options.regularizers ?? []);
  const count = check.number('count', options.count ?? objective.count ?? 1, { integer: true, min: 1 });
  if (objective.count !== undefined && objective.count !== count) {
    check.fail('range', 'count', `${objective.count}, as many as the objective is for`, count);
  }
  const stopAt = options.stopAt ?? Number.POSITIVE_INFINITY;
  if (stopAt !== Number.POSITIVE_INFINITY) check.number('stopAt', stopAt);
  return {
    objective,
    parameterization,
    bounds: parameterization.bounds,
    seed: check.seed('seed', options.seed),
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

/** A run on the device; everything in it is replaced from step to step. */
interface Run {
  step: number;
  variables: Tensor;
  memory: Tensor[];
  /** Of the transforms. */
  random: Random;
  best: Omit<BestSoFar, 'variables'> & { variables: Tensor };
  stopped: boolean[];
  /** Of each image that was given up, why. */
  failures: (FailedImage | undefined)[];
  trace: number[][];
}

/** Of each image, whether it takes no further step. */
const isResting = ({ stopped, failures }: Run) => stopped.map((isStopped, image) => isStopped || !!failures[image]);

const failedOf = ({ failures }: Run): FailedImage[] => failures.filter((failure) => failure !== undefined);

function begin(check: Check, settings: Settings, resume: AscentState | undefined): Run {
  const { parameterization, optimizer, seed, count } = settings;
  const shape = [count, ...parameterization.variableShape];
  if (resume !== undefined) return restore(check, settings, shape, resume);
  const random = createRandom(seed);
  // The transforms have numbers of their own, so that they do not depend on how many the start takes.
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

function restore(check: Check, settings: Settings, shape: number[], state: AscentState): Run {
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

/** Everything but `random`, which says itself what it lacks. Arrays may be plain, as they are from JSON. */
function requireState(check: Check, { optimizer, steps, count }: Settings, shape: number[], state: AscentState): void {
  if (!isListOf(state?.shape, shape.length) || String(state.shape) !== String(shape)) {
    check.fail('range', 'resume', `a state of variables [${shape.join(', ')}]`, state?.shape ?? state);
  }
  const { memory, best, stopped, failed, trace } = state;
  if (!Array.isArray(memory) || memory.length !== optimizer.memory) {
    check.fail('range', 'resume', `a state of the optimizer ${optimizer.name}`, state);
  }
  check.number('resume.step', state.step, { integer: true, min: 0 });
  if (state.step > steps) check.fail('range', 'steps', `at least ${state.step}, as many as were taken`, steps);
  const requireNumbers = (name: string, values: unknown, length: number) => {
    if (!isListOf(values, length)) check.fail('type', `resume.${name}`, `${length} numbers`, values);
  };
  const size = tf.util.sizeFromShape(shape);
  requireNumbers('variables', state.variables, size);
  for (const [index, values] of memory.entries()) requireNumbers(`memory[${index}]`, values, size);
  requireNumbers('best.variables', best?.variables, size);
  requireNumbers('best.steps', best.steps, count);
  requireFailures(check, failed, count);
  const hasFailed = new Set(failed.map(({ index }) => index));
  const isActivation = (value: unknown, image: number) =>
    typeof value === 'number' || (value === null && hasFailed.has(image));
  const requireActivations = (name: string, values: unknown) => {
    if (Array.isArray(values) && values.length === count && values.every(isActivation)) return;
    check.fail('type', `resume.${name}`, `${count} numbers`, values);
  };
  requireActivations('best.values', best.values);
  requireActivations('best.activations', best.activations);
  if (!Array.isArray(stopped) || stopped.length !== count || stopped.some((each) => typeof each !== 'boolean')) {
    check.fail('type', 'resume.stopped', `${count} booleans`, stopped);
  }
  if (!Array.isArray(trace)) check.fail('type', 'resume.trace', 'a list of steps', trace);
  for (const [index, activations] of trace.entries()) requireActivations(`trace[${index}]`, activations);
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

/** In a browser tfjs takes an array of another realm for no array. */
function tensorOf(values: ArrayLike<number>, shape: number[]): Tensor {
  return tf.tensor(new Float32Array(values), shape);
}

function isListOf(values: unknown, length: number): boolean {
  const isList = isA('Float32Array', values) || Array.isArray(values);
  return isList && values.length === length && values.every((value) => typeof value === 'number');
}

async function readState(run: Run): Promise<AscentState> {
  const { step, variables, memory, best } = run;
  const plain = {
    step,
    shape: variables.shape,
    random: run.random.state(),
    stopped: [...run.stopped],
    failed: failedOf(run),
    trace: run.trace.map((activations) => [...activations]),
  };
  const kept = { values: [...best.values], activations: [...best.activations], steps: [...best.steps] };
  const [read, readBest, ...readMemory] = await Promise.all([variables, best.variables, ...memory].map(readValues));
  return { ...plain, variables: read!, memory: readMemory, best: { ...kept, variables: readBest! } };
}

/** A copy: on some backends `data` gives the values themselves. */
async function readValues(tensor: Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data<'float32'>());
}

interface Prepared extends PreparedObjective {
  /** The images as a network takes them, without what is random about the transforms. */
  plain(images: Tensor4D): Tensor4D;
}

/** Lets the models see the images, so that what they do not have is an error before any gradient is computed. */
function prepare(check: Check, settings: Settings, variables: Tensor): Prepared {
  const { objective, parameterization, transforms, count } = settings;
  const fill = middleOf(settings.bounds);
  const random = createRandom(0);
  let seenSize: [number, number] | undefined;
  const { score, held } = tf.tidy(() => {
    const seen = transformImages(parameterization.render(variables), transforms, random, fill);
    seenSize = [seen.shape[1], seen.shape[2]];
    const prepared = objective.prepare(
      rememberedActivations((model) => checkedActivations(check, outputFor(check, model, seen), seen)),
      count,
    );
    for (const tensor of prepared.held) tf.keep(tensor);
    return prepared as never;
  }) as PreparedObjective;
  return { score, held, plain: (images) => transformImages(images, [resize(seenSize)], random, fill) };
}

function outputFor(check: Check, model: (images: Tensor4D) => Tensor, images: Tensor4D): Tensor {
  const answering = Object.assign(
    (given: Tensor4D): Tensor => {
      try {
        return model(given);
      } catch (cause) {
        const size = `[${given.shape.join(', ')}]`;
        const sentence = `a model of the objective refuses images ${size}: ${messageOf(cause)}`;
        return check.failBecause('state', sentence, cause);
      }
    },
    { batchSize: (model as BatchSized).batchSize },
  );
  return askAtOnce(check, answering, images);
}

const middleOf = ([min, max]: Bounds) => (min + max) / 2;

/** What is computed in each step: for each image of the batch the gradient, `[n, ...]`, and what `Score` holds, `[3, n]`. */
interface Evaluation {
  gradient: Tensor;
  facts: Tensor2D;
}

function evaluateWithGradient(check: Check, settings: Settings, { score }: Prepared, run: Run): Evaluation {
  const { parameterization, transforms, views, bounds } = settings;
  const kept: { activations?: Tensor1D } = {};
  const ascended = (variables: Tensor): Tensor => {
    const images = parameterization.render(variables);
    const look = () => {
      const seen = transformImages(images, transforms, run.random, middleOf(bounds));
      return score(rememberedActivations((model) => checkedActivations(check, askAtOnce(check, model, seen), seen)));
    };
    const looks = Array.from({ length: views }, look);
    const activations: Tensor1D = views === 1 ? looks[0]! : tf.div(tf.addN(looks), views);
    const penalty = penaltyOf(settings, images, variables);
    if (penalty === undefined) return activations;
    kept.activations = tf.keep(tf.clone(activations));
    return tf.sub(activations, penalty);
  };
  try {
    return tf.tidy(() => {
      const { value, grad } = disposeTapeOnThrow(() => tf.valueAndGrad(ascended)(run.variables));
      const axes = grad.shape.slice(1).map((_, axis) => axis + 1);
      const slope = tf.mean(tf.abs(grad), axes);
      return { gradient: grad, facts: tf.stack([kept.activations ?? value, value, slope]) as Tensor2D };
    });
  } finally {
    kept.activations?.dispose();
  }
}

function penaltyOf({ regularizers }: Settings, images: Tensor4D, variables: Tensor): Tensor1D | undefined {
  const penalties = regularizers.flatMap((regularizer) => regularizer.penalty?.(images, variables) ?? []);
  return penalties.length === 0 ? undefined : (tf.addN(penalties) as Tensor1D);
}

async function readScores(facts: Tensor2D, count: number): Promise<Score[]> {
  const values = await facts.data();
  return Array.from({ length: count }, (_, image) => ({
    activation: values[image]!,
    value: values[count + image]!,
    slope: values[2 * count + image]!,
  }));
}

/**
 * Gives up images that no step leads anywhere: they go back to their best and rest there.
 *
 * @throws Error if no other image is left.
 */
async function giveUpFailing(check: Check, settings: Settings, run: Run, scores: readonly Score[]): Promise<void> {
  const { rejectZeroGradient, stopAt, transforms } = settings;
  const failing = scores.flatMap((score, index): FailedImage[] => {
    if (run.failures[index] !== undefined) return [];
    const isDead = rejectZeroGradient && run.step === 0 && score.slope === 0 && score.activation < stopAt;
    const reason = reasonToGiveUp(score, isDead, transforms);
    return reason === undefined ? [] : [{ index, step: run.step, reason }];
  });
  if (failing.length === 0) return;
  for (const failure of failing) run.failures[failure.index] = failure;
  backToBest(run, scores, failing);
  if (run.failures.every(Boolean)) await failWithAll(check, settings, run, scores, failing);
}

function backToBest(run: Run, scores: readonly Score[], failing: readonly FailedImage[]): void {
  const { best, variables } = run;
  const fails = scores.map((_, image) => failing.some(({ index }) => index === image));
  run.variables = chooseRows(fails, best.variables, variables);
  variables.dispose();
  // At the start nothing has been kept yet.
  const isFirst = best.values.map((value, image) => fails[image] && value === Number.NEGATIVE_INFINITY);
  const known = (kept: readonly number[], found: readonly number[]) =>
    kept.map((value, image) => (isFirst[image] ? finiteOrNaN(found[image]!) : value));
  run.best = {
    ...best,
    values: known(
      best.values,
      scores.map(({ value }) => value),
    ),
    activations: known(
      best.activations,
      scores.map(({ activation }) => activation),
    ),
  };
}

const finiteOrNaN = (value: number): number => (Number.isFinite(value) ? value : Number.NaN);

/** @param failing The images that were given up last. */
async function failWithAll(
  check: Check,
  settings: Settings,
  run: Run,
  scores: readonly Score[],
  failing: readonly FailedImage[],
): Promise<never> {
  const broken = failing.find(({ index }) => !isFiniteScore(scores[index]!));
  if (broken === undefined) {
    return check.failBecause(
      'state',
      allAreDead(
        failing.map(({ index }) => index),
        settings.transforms,
      ),
    );
  }
  const what = Number.isFinite(scores[broken.index]!.value) ? 'gradients' : 'activations';
  const { message } = notFiniteError(check, what, { where: `for image ${broken.index} at step ${run.step}` });
  const bestSoFar = run.step === 0 ? undefined : await readBest(settings, run);
  throw new NonFiniteActivationError(message, bestSoFar);
}

async function readBest({ parameterization }: Settings, { best }: Run) {
  const images = tf.tidy(() => parameterization.render(best.variables));
  try {
    const { shape } = images;
    return { ...best, variables: await readValues(best.variables), images: await readValues(images), shape };
  } finally {
    images.dispose();
  }
}

function keepBest({ objective }: Settings, run: Run, scores: readonly Score[]): void {
  const { best, failures } = run;
  const total = (values: readonly number[]) =>
    values.reduce((sum, value, image) => (failures[image] ? sum : sum + value), 0);
  const values = scores.map(({ value }) => value);
  const isBetterTogether = objective.coupled ? total(values) > total(best.values) : undefined;
  const isBetter = values.map(
    (value, image) => failures[image] === undefined && (isBetterTogether ?? value > best.values[image]!),
  );
  if (!isBetter.some(Boolean)) return;
  const choose = (chosen: readonly number[], others: readonly number[]) =>
    isBetter.map((isChosen, image) => (isChosen ? chosen : others)[image]!);
  const variables = chooseRows(isBetter, run.variables, best.variables);
  best.variables.dispose();
  run.best = {
    variables,
    values: choose(values, best.values),
    activations: choose(
      scores.map(({ activation }) => activation),
      best.activations,
    ),
    steps: choose(Array(scores.length).fill(run.step), best.steps),
  };
}

/** For each image its row of `chosen` or of `others`, exactly, whatever the rows hold that are not chosen. */
function chooseRows(isChosen: readonly boolean[], chosen: Tensor, others: Tensor): Tensor {
  if (isChosen.every(Boolean)) return tf.clone(chosen);
  // By `tf.gatherND`: `tf.where` of the wasm backend takes 10 to 30 times as long, `tf.gather` a hundred times (4.22).
  const rows = isChosen.map((isOwn, row) => (isOwn ? row : isChosen.length + row));
  return tf.tidy(() => {
    const both = tf.reshape(tf.concat([chosen, others]), [rows.length * 2, -1]);
    return tf.reshape(tf.gatherND(both, tf.tensor2d(rows, [rows.length, 1], 'int32')), chosen.shape);
  });
}

function takeStep(settings: Settings, run: Run, gradient: Tensor, scores: readonly Score[]): void {
  const { parameterization, optimizer, regularizers, steps } = settings;
  const at = { step: run.step, steps };
  const project = (variables: Tensor) => parameterization.project?.(variables) ?? variables;
  const hasGradient = scores.map(isFiniteScore);
  const { variables, memory } = tf.tidy(() => {
    const finite = hasGradient.every(Boolean) ? gradient : chooseRows(hasGradient, gradient, tf.zerosLike(gradient));
    const stepped = optimizer.update(finite, run.memory, at);
    let moved = project(tf.add(run.variables, stepped.update));
    for (const { afterStep } of regularizers) if (afterStep) moved = project(afterStep(moved, at));
    const isMoving = isResting(run).map((rests) => !rests);
    return { variables: chooseRows(isMoving, moved, run.variables), memory: stepped.memory };
  });
  tf.dispose([run.variables, run.memory]);
  run.variables = variables;
  run.memory = memory;
  run.step++;
}

/** Scores the last images, and the best ones where transforms had changed what was seen of them. */
async function conclude(check: Check, settings: Settings, prepared: Prepared, run: Run): Promise<MaximizedActivation> {
  const { parameterization, count, transforms } = settings;
  const scoreOf = async (variables: Tensor): Promise<Score[]> => {
    const facts = tf.tidy(() => {
      const images = parameterization.render(variables);
      const seen = prepared.plain(images);
      const activations = prepared.score(rememberedActivations((model) => askAtOnce(check, model, seen)));
      const penalty = penaltyOf(settings, images, variables);
      const value = penalty === undefined ? activations : tf.sub(activations, penalty);
      return tf.stack([activations, value, tf.zerosLike(activations)]) as Tensor2D;
    });
    try {
      return await readScores(facts, count);
    } finally {
      facts.dispose();
    }
  };
  const state = await readState(run);
  const last = await scoreOf(run.variables);
  await giveUpFailing(check, { ...settings, rejectZeroGradient: false }, run, last);
  if (transforms.length > 0 && run.step > 0) {
    const scores = await scoreOf(run.best.variables);
    run.best = {
      ...run.best,
      values: scores.map(({ value }) => finiteOrNaN(value)),
      activations: scores.map(({ activation }) => finiteOrNaN(activation)),
    };
  }
  keepBest(settings, run, last);
  const { best } = run;
  const lastActivations = last.map(({ activation }, image) =>
    run.failures[image] === undefined ? activation : best.activations[image]!,
  );
  const variables = await readValues(best.variables);
  const [images, lastImages] = tf.tidy(() => [
    parameterization.render(best.variables),
    parameterization.render(run.variables),
  ]) as [Tensor4D, Tensor4D];
  return {
    images,
    activations: [...best.activations],
    bestSteps: [...best.steps],
    failed: failedOf(run),
    variables,
    last: { images: lastImages, activations: lastActivations },
    trace: [...run.trace, lastActivations],
    steps: run.step,
    state,
  };
}
