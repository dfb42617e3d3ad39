import type { AnyClassifier } from '@cnnviz/internal';
import { areProbabilities, askModel, type Check, failNotFinite, warnOfProbabilities } from '@cnnviz/internal';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { logOddsGradient } from '../losses/log-odds.ts';
import { checkLogits, logitsAndGradient } from '../losses/logits-and-gradient.ts';

const messages = {
  'softmax-outputs':
    'The model seems to return probabilities. Its predictions are the same, but a softmax rounds small probabilities to 0, and their gradients with them: pass logits, as classifier(model) of @cnnviz/models returns them.',
  'zero-gradients':
    'The gradient at some images is zero. Attacks by gradient cannot move them, so robust accuracy may be overestimated: look for what blocks the gradient, such as rounding of the input.',
  'random-outputs':
    'The model returns other logits when asked again. The attacks do not average over its randomness, so robust accuracy may be overestimated: call the model as in inference.',
  'black-box-beats-white-box':
    'An attack by logits alone broke what the attacks by gradient before it left. The gradients seem to mislead, so robust accuracy may be overestimated: give the black-box attack more queries, or attack what hides the gradient.',
  'too-few-classes-for-dlr':
    'The model has too few classes for DLR, which needs 3, or 4 where it leads to another class: cross-entropy was used instead.',
} as const;

/** Signs that a model is not one that the attacks can judge; after AutoAttack's checks. */
export type RobustnessWarningName = keyof typeof messages;

export const warningNames = Object.keys(messages) as readonly RobustnessWarningName[];

export interface RobustnessWarning {
  name: RobustnessWarningName;
  message: string;
}

export function warningOf(name: RobustnessWarningName): RobustnessWarning {
  return { name, message: messages[name] };
}

export interface Examination {
  /** For each image, whether the model classifies it correctly. */
  isRight: boolean[];
  warnings: RobustnessWarningName[];
}

/**
 * Asks a model about images as they are.
 *
 * @param askAgain How often it is asked for the same logits again.
 * @param withGradient Whether its gradients are looked at too.
 */
export async function examineModel(
  check: Check,
  model: AnyClassifier,
  images: Tensor4D,
  labels: Tensor1D,
  { askAgain, withGradient }: { askAgain: number; withGradient: boolean },
): Promise<Examination> {
  const wanted = await labels.data<'int32'>();
  const { logits, slopes } = withGradient
    ? tf.tidy(() => {
        const found = logitsAndGradient(check, model, images, (z) => logOddsGradient(z, labels));
        return { logits: found.logits, slopes: tf.max(tf.abs(found.gradient), [1, 2, 3]) };
      })
    : { logits: await askForLogits(check, model, images), slopes: undefined };
  const warnings: RobustnessWarningName[] = [];
  try {
    warnOfProbabilities(check, model, logits);
    const values = await logits.data<'float32'>();
    const rows = rowsOf(values, logits.shape);
    if (!values.every(Number.isFinite)) failNotFinite(check, 'logits', { where: 'for the images themselves' });
    const steepest = (await slopes?.data<'float32'>()) ?? [];
    if (![...steepest].every(Number.isFinite)) failNotFinite(check, 'gradients', { where: 'at the images themselves' });
    const isRight = rows.map((row, image) => row.indexOf(Math.max(...row)) === wanted[image]);
    if (areProbabilities(values, logits.shape[1])) warnings.push('softmax-outputs');
    if (isRight.some((right, image) => right && steepest[image] === 0)) warnings.push('zero-gradients');
    for (let time = 0; time < askAgain; time++) {
      if (await answersAlike(check, model, images, rows)) continue;
      warnings.push('random-outputs');
      break;
    }
    return { isRight, warnings };
  } finally {
    tf.dispose([logits, slopes ?? []]);
  }
}

/** The caller disposes. */
function askForLogits(check: Check, model: AnyClassifier, images: Tensor4D): Tensor2D | Promise<Tensor2D> {
  return askModel(model, images, (logits) => tf.clone(checkLogits(check, logits, images.shape[0])));
}

function rowsOf(values: Float32Array, [count, classes]: Tensor2D['shape']): Float32Array[] {
  return Array.from({ length: count }, (_, row) => values.subarray(row * classes, (row + 1) * classes));
}

/** Whether a model asked again gives the same logits, up to 1e-4 of their length. */
async function answersAlike(
  check: Check,
  model: AnyClassifier,
  images: Tensor4D,
  rows: readonly Float32Array[],
): Promise<boolean> {
  const logits = await askForLogits(check, model, images);
  try {
    const again = rowsOf(await logits.data<'float32'>(), logits.shape);
    return rows.every((row, image) => {
      const difference = Math.hypot(...row.map((logit, index) => logit - again[image]![index]!));
      return difference <= 1e-4 * Math.hypot(...row);
    });
  } finally {
    tf.dispose(logits);
  }
}
