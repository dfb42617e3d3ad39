import type { Bounds, Check, Classifier } from '@cnnviz/internal';
import { sumPerImage } from '@cnnviz/internal';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { chooseImages } from '../batches/choose-images.ts';
import type { Broken } from '../batches/failures.ts';
import { joinBatch, shrinkBatch } from '../batches/shrink-batch.ts';
import type { Part } from '../batches/take-images.ts';
import { perturb } from '../geometry/perturb.ts';
import { projectToBall } from '../geometry/project-to-ball.ts';
import { perImage, stepDirection } from '../geometry/step-direction.ts';
import { readScores, type Score, scoresOf } from '../losses/attack-scores.ts';
import { type Aim, differenceOfLogitsRatio, type LossAndGradient } from '../losses/difference-of-logits-ratio.ts';
import { logOdds, logOddsGradient } from '../losses/log-odds.ts';
import { logitsAndGradient } from '../losses/logits-and-gradient.ts';
import {
  type AdaptiveStepSize,
  checkpointsOf,
  createStepSize,
  observeLoss,
  reviewStepSize,
} from './adaptive-step-size.ts';

/** The cross-entropy, or the difference of logits ratio, which does not change with the scale of the logits. */
export type AscentLoss = 'cross-entropy' | 'dlr';
export const ascentLosses: readonly AscentLoss[] = ['cross-entropy', 'dlr'];

export interface AscentSettings {
  epsilon: number;
  bounds: Bounds;
  norm: 'linf' | 'l2';
  loss: AscentLoss;
  /** Whether the label of an image is to be reached rather than left. */
  targeted: boolean;
  steps: number;
  /** Whether an image that fools is done. */
  earlyStop: boolean;
}

export interface Examples {
  images: Tensor4D;
  labels: readonly number[];
  /** Another class for each image, which the loss leads to from the label. */
  towards?: readonly number[] | undefined;
}

export interface Ascent {
  /** For each image, the point of the highest loss, among those that fool the model if any does. The caller disposes. */
  images: Tensor4D;
  scores: Score[];
}

/** What is on the device, one row for each image that is still searched for. */
interface Held {
  images: Tensor4D;
  labels: Tensor1D;
  /** The labels where the loss leads to no class of its own. */
  towards: Tensor1D;
  points: Tensor4D;
  previous: Tensor4D;
  gradient: Tensor4D;
  best: Tensor4D;
  bestGradient: Tensor4D;
  found: Tensor4D;
}

/** What the host knows of a row. */
interface Row {
  place: number;
  stepSize: AdaptiveStepSize;
  /** The score of the point found. */
  score: Score;
  loss: number;
  /** Whether it was given up: it is no longer searched for. */
  isGivenUp: boolean;
}

/**
 * One run of Auto-PGD from given points.
 *
 * A step: along the gradient to z, project, clip; then from the point by 3/4 of the way to z and 1/4 of the last step
 * (the first step: to z), project, clip. At each checkpoint the images whose step size is halved go back to their best
 * point.
 *
 * @param start `[n, h, w, c]` inside bounds and within epsilon of the images.
 * @param giveUp Told which images have logits or gradients that are not finite.
 * @param onStep Told the number of images that fool, after each step.
 */
export async function adaptiveAscent(
  check: Check,
  model: Classifier,
  examples: Examples,
  start: Tensor4D,
  settings: AscentSettings,
  giveUp: (place: number, step: number, broken: Broken) => void,
  onStep: (step: number, fooled: number) => Promise<void>,
): Promise<Ascent> {
  const { steps, earlyStop, epsilon } = settings;
  const checkpoints = [0, ...checkpointsOf(steps)];
  const scores: Score[] = [];
  const parts: Part[] = [];
  let rows: Row[] = [];
  let held = hold(examples, start);
  try {
    for (let step = 0; step <= steps; step++) {
      if (step > 0) held = change(held, () => move(held, rows, step, settings));
      const evaluation = await evaluate(
        check,
        model,
        held,
        labelsOf(examples, rows),
        examples.towards !== undefined,
        settings,
      );
      held = change(held, () => ({ gradient: evaluation.gradient }));

      const isStart = step === 0;
      if (isStart) rows = beginRows(evaluation, 2 * epsilon);
      const isBest = rows.map(
        ({ stepSize, isGivenUp }, row) => isStart || (!isGivenUp && observeLoss(stepSize, evaluation.losses[row]!)),
      );
      const isFound = rows.map(({ score, loss, isGivenUp }, row) => {
        const { fooled } = evaluation.scores[row]!;
        const isBetter = fooled === score.fooled ? evaluation.losses[row]! > loss : fooled;
        return isStart || (isBetter && !isGivenUp && !(earlyStop && score.fooled));
      });
      held = change(held, () => ({
        ...select(isBest, { best: [held.points, held.best], bestGradient: [held.gradient, held.bestGradient] }),
        ...select(isFound, { found: [held.points, held.found] }),
      }));
      for (const [index, row] of rows.entries()) {
        if (isFound[index]) Object.assign(row, { score: evaluation.scores[index], loss: evaluation.losses[index] });
        scores[row.place] = row.score;
        const { broken } = evaluation.scores[index]!;
        if (broken !== undefined && !row.isGivenUp) giveUp(row.place, step, broken);
        row.isGivenUp ||= broken !== undefined;
      }
      if (step > 0) await onStep(step, scores.filter(({ fooled }) => fooled).length);

      if (checkpoints.includes(step) && step > 0) {
        const period = step - checkpoints[checkpoints.indexOf(step) - 1]!;
        const isHalved = rows.map(({ stepSize }) => reviewStepSize(stepSize, period));
        held = change(held, () =>
          select(isHalved, { points: [held.best, held.points], gradient: [held.bestGradient, held.gradient] }),
        );
      }

      if (rows.every(({ isGivenUp }) => isGivenUp)) break;
      if (!earlyStop) continue;
      const isStanding = ({ score, isGivenUp }: Row) => !score.fooled && !isGivenUp;
      if (!rows.some(isStanding)) break;
      ({ held, rows } = shrinkBatch({ held, rows }, isStanding, held.found, parts));
    }
    return { images: joinBatch(parts, rows, held.found), scores };
  } finally {
    tf.dispose([Object.values(held), parts.map(({ images }) => images)]);
  }
}

function hold({ images, labels, towards }: Examples, start: Tensor4D): Held {
  return {
    images: tf.clone(images),
    labels: tf.tensor1d([...labels], 'int32'),
    towards: tf.tensor1d([...(towards ?? labels)], 'int32'),
    points: tf.clone(start),
    previous: tf.clone(start),
    gradient: tf.zerosLike(start),
    best: tf.clone(start),
    bestGradient: tf.zerosLike(start),
    found: tf.clone(start),
  };
}

/** Replaces some of what is held. The new tensors must be of their own. */
function change(held: Held, compute: () => Partial<Held>): Held {
  const changed = tf.tidy(() => compute() as Record<string, Tensor>) as Partial<Held>;
  for (const name of Object.keys(changed) as (keyof Held)[]) tf.dispose(held[name]);
  return { ...held, ...changed };
}

type Choices = { [name in keyof Held]?: readonly [chosen: Tensor4D, other: Tensor4D] };

function select(isChosen: readonly boolean[], choices: Choices): Partial<Held> {
  if (!isChosen.some(Boolean)) return {};
  const entries = Object.entries(choices) as [keyof Held, readonly [Tensor4D, Tensor4D]][];
  return Object.fromEntries(entries.map(([name, [chosen, other]]) => [name, chooseImages(isChosen, chosen, other)]));
}

interface Evaluation {
  gradient: Tensor4D;
  losses: ArrayLike<number>;
  scores: Score[];
}

async function evaluate(
  check: Check,
  model: Classifier,
  { points, labels, towards }: Held,
  wanted: readonly number[],
  hasOwnTarget: boolean,
  { loss, targeted }: AscentSettings,
): Promise<Evaluation> {
  const aim = hasOwnTarget ? towards : targeted ? 'reach' : 'leave';
  const lossOf = (logits: Tensor2D) =>
    loss === 'dlr' ? differenceOfLogitsRatio(logits, labels, aim) : crossEntropyAscent(logits, labels, aim);
  const { gradient, values, losses } = tf.tidy(() => {
    const { logits, gradient } = logitsAndGradient(check, model, points, (z) => lossOf(z).gradient);
    const values = scoresOf(logits, labels, tf.mul(sumPerImage(gradient), 0));
    return { gradient, values, losses: lossOf(logits).value };
  });
  try {
    const scores = await readScores(values, wanted, targeted);
    return { gradient, scores, losses: await losses.data() };
  } catch (error) {
    tf.dispose(gradient);
    throw error;
  } finally {
    tf.dispose([values, losses]);
  }
}

/**
 * Cross-entropy on the scale of the log-odds, of which it is an increasing function: each of its steps, halvings and
 * restarts is the same but for what a softmax loses to rounding.
 */
function crossEntropyAscent(logits: Tensor2D, labels: Tensor1D, aim: Aim): LossAndGradient {
  const classes = aim === 'leave' || aim === 'reach' ? labels : aim;
  const { value } = logOdds(logits, classes);
  const gradient = logOddsGradient(logits, classes);
  return aim === 'leave' ? { value: tf.neg(value), gradient: tf.neg(gradient) } : { value, gradient };
}

function beginRows({ losses, scores }: Evaluation, stepSize: number): Row[] {
  return scores.map((score, place) => {
    const loss = losses[place]!;
    return { place, stepSize: createStepSize(stepSize, loss), score, loss, isGivenUp: false };
  });
}

/** The labels of the rows; before there are any, those of all images. */
function labelsOf({ labels }: Examples, rows: readonly Row[]): readonly number[] {
  return rows.length === 0 ? labels : rows.map(({ place }) => labels[place]!);
}

function move(held: Held, rows: readonly Row[], step: number, { epsilon, norm, bounds }: AscentSettings) {
  const { images, points, previous, gradient } = held;
  const sizes = perImage(tf.tensor1d(rows.map(({ stepSize }) => stepSize.size)));
  const inside = (perturbation: Tensor) =>
    perturb(images, projectToBall(perturbation as Tensor4D, norm, epsilon), bounds);
  const perturbation = tf.sub(points, images);
  const next = inside(tf.add(perturbation, tf.mul(stepDirection(gradient, norm, 'gradient'), sizes)));
  if (step === 1) return { points: next, previous: tf.clone(points) };
  const withMomentum = tf.add(tf.mul(tf.sub(next, points), 0.75), tf.mul(tf.sub(points, previous), 0.25));
  return { points: inside(tf.add(perturbation, withMomentum)), previous: tf.clone(points) };
}
