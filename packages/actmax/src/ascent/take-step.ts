import {
  askAtOnce,
  type BatchSized,
  type Bounds,
  type Check,
  createRandom,
  disposeTapeOnThrow,
  messageOf,
  whereRows,
} from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkedActivations } from '../objectives/checked-objective.ts';
import { type PreparedObjective, rememberedActivations } from '../objectives/objective.ts';
import { resize } from '../transforms/resize.ts';
import { transformImages } from '../transforms/transform-images.ts';
import type { AscentSettings } from './ascent-options.ts';
import { type AscentRun, restingOf } from './ascent-state.ts';
import { isFiniteScore, type Score } from './failing-images.ts';

export interface PreparedAscent extends PreparedObjective {
  /** The images as a network takes them, without the random part of the transforms. */
  plain(images: Tensor4D): Tensor4D;
}

/** Per image of the batch: the gradient, `[n, ...]`, and the numbers of a `Score`, `[3, n]`. */
export interface Evaluation {
  gradient: Tensor;
  facts: Tensor2D;
}

/** Shows the models the images, so that a missing unit is an error before any gradient is computed. */
export function prepareAscent(check: Check, settings: AscentSettings, variables: Tensor): PreparedAscent {
  const { objective, parameterization, transforms, count } = settings;
  const fill = middleOf(settings.bounds);
  const random = createRandom(0);
  let seenSize: [number, number] | undefined;
  const { score, held } = tf.tidy(() => {
    const seen = transformImages(parameterization.render(variables), transforms, random, fill);
    seenSize = [seen.shape[1], seen.shape[2]];
    const prepared = objective.prepare(
      rememberedActivations((model) => checkedActivations(check, firstOutputOf(check, model, seen), seen)),
      count,
    );
    for (const tensor of prepared.held) tf.keep(tensor);
    return prepared as never;
  }) as PreparedObjective;
  const toSeenSize = resize({ size: seenSize });
  return { score, held, plain: (images) => transformImages(images, [toSeenSize], random, fill) };
}

/** An error says which images the model refuses. */
function firstOutputOf(check: Check, model: (images: Tensor4D) => Tensor, images: Tensor4D): Tensor {
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

/** First half of a step: renders the variables, transforms the images, scores them, and takes the gradient. */
export function evaluateWithGradient(
  check: Check,
  settings: AscentSettings,
  { score }: PreparedAscent,
  run: AscentRun,
): Evaluation {
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

function penaltyOf({ regularizers }: AscentSettings, images: Tensor4D, variables: Tensor): Tensor1D | undefined {
  const penalties = regularizers.flatMap((regularizer) => regularizer.penalty?.(images, variables) ?? []);
  return penalties.length === 0 ? undefined : (tf.addN(penalties) as Tensor1D);
}

/** Second half of a step: updates the variables along the gradient, projects and regularizes them. */
export function takeStep(settings: AscentSettings, run: AscentRun, gradient: Tensor, scores: readonly Score[]): void {
  const { parameterization, optimizer, regularizers, steps } = settings;
  const at = { step: run.step, steps };
  const project = (variables: Tensor) => parameterization.project?.(variables) ?? variables;
  const hasGradient = scores.map(isFiniteScore);
  const { variables, memory } = tf.tidy(() => {
    const finite = hasGradient.every(Boolean) ? gradient : whereRows(hasGradient, gradient, tf.zerosLike(gradient));
    const stepped = optimizer.update(finite, run.memory, at);
    let moved = project(tf.add(run.variables, stepped.update));
    for (const { afterStep } of regularizers) if (afterStep) moved = project(afterStep(moved, at));
    const isMoving = restingOf(run).map((rests) => !rests);
    return { variables: whereRows(isMoving, moved, run.variables), memory: stepped.memory };
  });
  tf.dispose([run.variables, run.memory]);
  run.variables = variables;
  run.memory = memory;
  run.step++;
}

/** Scores variables as they are: no random transforms, and no gradient. */
export async function scoreOf(
  check: Check,
  settings: AscentSettings,
  prepared: PreparedAscent,
  variables: Tensor,
): Promise<Score[]> {
  const facts = tf.tidy(() => {
    const images = settings.parameterization.render(variables);
    const seen = prepared.plain(images);
    const activations = prepared.score(rememberedActivations((model) => askAtOnce(check, model, seen)));
    const penalty = penaltyOf(settings, images, variables);
    const value = penalty === undefined ? activations : tf.sub(activations, penalty);
    return tf.stack([activations, value, tf.zerosLike(activations)]) as Tensor2D;
  });
  try {
    return await readScores(facts, settings.count);
  } finally {
    facts.dispose();
  }
}

export async function readScores(facts: Tensor2D, count: number): Promise<Score[]> {
  const values = await facts.data();
  return Array.from({ length: count }, (_, image) => ({
    activation: values[image]!,
    value: values[count + image]!,
    slope: values[2 * count + image]!,
  }));
}
