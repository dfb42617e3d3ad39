import type { Check, Classifier } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { floorToFloat32 } from '../geometry/floor-to-float32.ts';
import { projectAndClip, type Region } from '../geometry/project-and-clip.ts';
import { directionAndCheck, type L1Step, stepDirection } from '../geometry/step-direction.ts';
import { predictionsOf } from '../losses/attack-scores.ts';
import { logOddsGradient } from '../losses/log-odds.ts';
import { logitsAndGradient } from '../losses/logits-and-gradient.ts';

export interface PgdStepSettings extends Region {
  l1Step: L1Step;
  targeted: boolean;
  stepSize: number;
  /** Share of the last velocity that is kept; 0 follows the gradient alone. */
  momentum: number;
}

/** The images under attack, on the device. */
export type Held = {
  images: Tensor4D;
  points: Tensor4D;
  labels: Tensor1D;
  /** With momentum. */
  velocity?: Tensor4D;
};

export interface PgdStep {
  /** Where the step leads. The caller disposes, and the other tensors. */
  points: Tensor4D;
  velocity: Tensor4D | undefined;
  /** What `readScores` reads of the points that the step started from. */
  scores: Tensor2D;
}

/** One step of projected gradient descent: gradient, step, project, clip. */
export async function pgdStep(
  check: Check,
  model: Classifier,
  { images, points, labels, velocity }: Held,
  settings: PgdStepSettings,
): Promise<PgdStep> {
  const { norm, l1Step, targeted, stepSize, momentum } = settings;
  const { moved, ...step } = tf.tidy(() => {
    const { logits, gradient } = logitsAndGradient(check, model, points, (z) => logOddsGradient(z, labels));
    const followed = velocity === undefined ? gradient : addMomentum(velocity, gradient, momentum);
    const { direction, zeroIfFinite } = directionAndCheck(followed, norm, l1Step);
    const length = floorToFloat32(targeted ? stepSize : -stepSize);
    return {
      moved: tf.add(points, tf.mul(direction, length)) as Tensor4D,
      velocity: velocity && tf.clone(followed),
      scores: predictionsOf(logits, zeroIfFinite),
    };
  });
  try {
    return { ...step, points: await projectAndClip(moved, images, settings) };
  } catch (error) {
    tf.dispose([step.scores, step.velocity ?? []]);
    throw error;
  } finally {
    moved.dispose();
  }
}

/** The gradient is divided by its L1 length, as in the paper of MI-FGSM. */
function addMomentum(velocity: Tensor4D, gradient: Tensor4D, momentum: number): Tensor4D {
  return tf.add(tf.mul(velocity, momentum), stepDirection(gradient, 'l1', 'gradient'));
}
