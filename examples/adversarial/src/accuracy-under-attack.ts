import {
  fgsm,
  pgd,
  predict,
  type RobustAccuracy,
  type RobustAccuracyProgress,
  type RobustnessAttack,
  robustAccuracy,
} from '@cnnviz/adversarial';
import type { Update } from '@cnnviz/example-support';
import { batchesOf, type LabeledImages } from '@cnnviz/internal';
import type * as tf from '@tensorflow/tfjs-core';
import type { Subject } from './subject.ts';

export interface AccuracyAt {
  epsilon: number;
  fgsm: number;
  pgd: number;
  robust: RobustAccuracy;
}

export interface AccuracyOptions {
  batchSize: number;
  pgdSteps: number;
  attacks: readonly RobustnessAttack[];
  seed: number;
  /** Told the number of epsilons done, with the part of one that is under way. */
  update: Update;
}

/** The share of images that are read rightly after one step, after many, and whatever of `attacks` is tried. */
export async function accuracyUnderAttack(
  { model, images, labels, bounds, epsilons }: Subject,
  { batchSize, pgdSteps, attacks, seed, update }: AccuracyOptions,
): Promise<AccuracyAt[]> {
  const batches = batchesOf({ images, labels }, batchSize);
  const measured: AccuracyAt[] = [];
  for (const [index, epsilon] of epsilons.entries()) {
    const accuracyAfter = async (attack: (batch: LabeledImages) => Promise<tf.Tensor4D>) => {
      let right = 0;
      for (const batch of batches) {
        const attacked = await attack(batch);
        const truth = await batch.labels.data();
        const answers = await predict(model, attacked);
        right += answers.filter(({ label }, image) => label === truth[image]).length;
        attacked.dispose();
      }
      return right / images.shape[0];
    };
    const total = attacks.length * Math.ceil(images.shape[0] / batchSize);
    const onProgress = ({ done, attack, standing, images: seen }: RobustAccuracyProgress) =>
      update(index + done / total, `epsilon ${epsilon.toFixed(4)}, ${attack}: ${standing} of ${seen} stand`);
    const smaller = measured.at(-1)?.robust;
    measured.push({
      epsilon,
      fgsm: await accuracyAfter(async (batch) => fgsm(model, batch.images, batch.labels, { epsilon, bounds })),
      pgd: await accuracyAfter(async (batch) => {
        const { images } = await pgd(model, batch.images, batch.labels, {
          epsilon,
          bounds,
          steps: pgdSteps,
          stepSize: epsilon / 4,
          seed,
        });
        return images;
      }),
      robust: await robustAccuracy(model, batches, {
        epsilon,
        bounds,
        attacks,
        seed,
        onProgress,
        ...(smaller && { smaller }),
      }),
    });
    update(index + 1);
  }
  return measured;
}
