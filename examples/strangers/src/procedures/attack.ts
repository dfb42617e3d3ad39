import { adversarialStrip, fgsm, pgd, predict } from '@cnnviz/adversarial';
import { pngPicture } from '@cnnviz/example-support';
import type { Classifier } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import { type Procedure, percent } from './procedure.ts';

const EPSILON = 4 / 255;
const ATTACKED = 2;

/** Fast gradient sign and projected gradient descent, away from what the network takes two photographs for. */
export const attack: Procedure = {
  name: 'attack',
  run: async ({ name, names, scores, photographs, extent }) => {
    const images = tf.slice(photographs, 0, Math.min(ATTACKED, photographs.shape[0]));
    const taken = await predict(scores, images);
    const labels = tf.tensor1d(
      taken.map(({ label }) => label),
      'int32',
    );
    const settings = { epsilon: EPSILON, bounds: [0, 1] } as const;
    const fast = fgsm(scores, images, labels, settings);
    const { images: strong, fooled } = await pgd(scores, images, labels, {
      ...settings,
      steps: extent.attackSteps,
      stepSize: EPSILON / 2,
      randomStart: false,
    });
    const strip = await adversarialStrip(scores, images, strong, { bounds: [0, 1] });
    try {
      const before = await confidenceIn(scores, images, labels);
      const after = await confidenceIn(scores, strong, labels);
      if (!(after < before)) throw new Error(`the confidence went from ${before} to ${after}`);
      const fooledAtOnce = (await predict(scores, fast)).filter(({ label }, i) => label !== taken[i]!.label).length;
      const change = `${names[taken[0]!.label]} ${percent(before)} → ${percent(after)}`;
      const picture = await pngPicture(strip.picture, { name: `${name}-attack`, alt: `An attack: ${change}` });
      return {
        text: `FGSM fools ${fooledAtOnce} of ${taken.length}, PGD ${fooled.filter(Boolean).length}; ${change}`,
        pictures: [{ picture, label: 'before, change, after', note: change }],
      };
    } finally {
      tf.dispose([images, labels, fast, strong, strip.picture]);
    }
  },
};

/** Of the first image, in its own label. */
async function confidenceIn(scores: Classifier, images: tf.Tensor4D, labels: tf.Tensor1D): Promise<number> {
  const confidences = tf.tidy(() => {
    const all = tf.softmax(scores(images));
    return tf.sum(tf.mul(all, tf.oneHot(labels, all.shape[1])), 1);
  });
  const [first] = await confidences.data();
  confidences.dispose();
  return first!;
}
