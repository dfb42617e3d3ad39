import type { Bounds, Check, Classifier, LongWork, Random } from '@cnnviz/internal';
import { reportProgress } from '@cnnviz/internal';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { readScores, type Score, scoreImages, scoresOf } from './attack-scores.ts';
import { chooseImages } from './choose-images.ts';
import { floorToFloat32 } from './floor-to-float32.ts';
import { logOdds } from './log-odds.ts';
import { logitsAndGradient } from './logits-and-gradient.ts';
import { perturb } from './perturb.ts';
import { projectToBall } from './project-to-ball.ts';
import { randomInBall } from './random-in-ball.ts';
import { type L1Step, type Norm, stepDirection, sumPerImage } from './step-direction.ts';

export interface AttackResult {
  /** `[n, h, w, c]`, inside bounds and within epsilon. The caller disposes. */
  images: Tensor4D;
  /** Of each image, whether the model is wrong about it or, if targeted, takes it for its target. */
  fooled: boolean[];
  /** What the model takes each image for. */
  predictions: number[];
}

export interface AttackProgress {
  /** Steps done, of all restarts. */
  step: number;
  /** Steps there will be at most. */
  steps: number;
  /** How many images were fooled before this step. */
  fooled: number;
}

export interface ProjectedGradientSettings {
  epsilon: number;
  bounds: Bounds;
  norm: Norm;
  l1Step: L1Step;
  targeted: boolean;
  steps: number;
  stepSize: number;
  /** Share of the last velocity that is kept; 0 follows the gradient alone. */
  momentum: number;
  /** Where the random start comes from; without, the attack starts at the image. */
  random: Random | undefined;
  restarts: number;
  earlyStop: boolean;
}

/** What each iterated attack of this family is: gradient, velocity, normalise, step, project, clip; from several starts. */
export async function projectedGradient(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  settings: ProjectedGradientSettings,
  work: LongWork<AttackProgress>,
): Promise<AttackResult> {
  const wanted = await labels.data<'int32'>();
  const { restarts, epsilon, earlyStop } = settings;
  let best = tf.clone(images);
  let scores: Score[] = [];
  try {
    for (let restart = 0; restart < restarts; restart++) {
      const end =
        epsilon === 0 ? tf.clone(images) : await descend(check, model, images, labels, wanted, restart, settings, work);
      try {
        const endScores = await scoreImages(check, model, end, labels, wanted, settings.targeted, settings.steps);
        const isBetter = endScores.map((score, image) => {
          const other = scores[image];
          return other === undefined || (!other.fooled && (score.fooled || score.advance > other.advance));
        });
        scores = endScores.map((score, image) => (isBetter[image] ? score : scores[image]!));
        const chosen = chooseImages(isBetter, end, best);
        tf.dispose(best);
        best = chosen;
      } finally {
        tf.dispose(end);
      }
      if (earlyStop && scores.every(({ fooled }) => fooled)) break;
    }
  } catch (error) {
    tf.dispose(best);
    throw error;
  }
  return {
    images: best,
    fooled: scores.map(({ fooled }) => fooled),
    predictions: scores.map(({ prediction }) => prediction),
  };
}

async function descend(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  wanted: ArrayLike<number>,
  restart: number,
  settings: ProjectedGradientSettings,
  work: LongWork<AttackProgress>,
): Promise<Tensor4D> {
  const { steps, restarts, earlyStop } = settings;
  let points = startPoints(images, settings);
  let velocity = settings.momentum === 0 ? undefined : tf.zerosLike(images);
  try {
    for (let step = 0; step < steps; step++) {
      const next = tf.tidy(() => takeStep(check, model, images, labels, points, velocity, settings));
      tf.dispose(velocity ?? []);
      velocity = next.velocity;
      let scores: Score[];
      try {
        scores = await readScores(check, next.scores, wanted, settings.targeted, step);
      } catch (error) {
        tf.dispose(next.points);
        throw error;
      } finally {
        tf.dispose(next.scores);
      }
      const isMoving = scores.map(({ fooled }) => !(earlyStop && fooled));
      const moved = isMoving.every(Boolean) ? tf.clone(next.points) : chooseImages(isMoving, next.points, points);
      tf.dispose([points, next.points]);
      points = moved;
      const fooled = scores.filter((score) => score.fooled).length;
      await reportProgress(work, { step: restart * steps + step + 1, steps: restarts * steps, fooled });
      if (!isMoving.some(Boolean)) break;
    }
    return points;
  } catch (error) {
    tf.dispose(points);
    throw error;
  } finally {
    tf.dispose(velocity ?? []);
  }
}

function startPoints(images: Tensor4D, { random, norm, epsilon, bounds }: ProjectedGradientSettings): Tensor4D {
  if (random === undefined) return tf.clone(images);
  const [count, ...shape] = images.shape;
  const size = tf.util.sizeFromShape(shape);
  const noise = new Float32Array(count * size);
  for (let image = 0; image < count; image++) {
    randomInBall(random, noise.subarray(image * size, (image + 1) * size), norm, epsilon);
  }
  return tf.tidy(() => perturb(images, projectToBall(tf.tensor4d(noise, images.shape), norm, epsilon), bounds));
}

function takeStep(
  check: Check,
  model: Classifier,
  images: Tensor4D,
  labels: Tensor1D,
  points: Tensor4D,
  velocity: Tensor4D | undefined,
  { norm, l1Step, targeted, stepSize, momentum, epsilon, bounds }: ProjectedGradientSettings,
) {
  const { logits, gradient } = logitsAndGradient(check, model, points, (z) => logOdds(z, labels).gradient);
  const followed =
    velocity === undefined
      ? gradient
      : (tf.add(tf.mul(velocity, momentum), stepDirection(gradient, 'l1', 'gradient')) as Tensor4D);
  const towardsLabel = stepDirection(followed, norm, l1Step);
  const length = floorToFloat32(targeted ? stepSize : -stepSize);
  const perturbation = tf.add(tf.sub(points, images), tf.mul(towardsLabel, length)) as Tensor4D;
  return {
    points: perturb(images, projectToBall(perturbation, norm, epsilon), bounds),
    velocity: velocity === undefined ? undefined : tf.clone(followed),
    scores: scoresOf(logits, labels, sumPerImage(tf.mul(gradient, 0))),
  };
}
