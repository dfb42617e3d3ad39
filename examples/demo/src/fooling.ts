import { foolingImages, predict } from '@cnnviz/adversarial';
import { type Chapter, type PictureCell, pngPicture } from '@cnnviz/example-support';
import type { Bounds, Classifier } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { percent } from './percent.ts';

export interface FoolingOptions {
  model: Classifier;
  shape: readonly [height: number, width: number, channels: number];
  /** Name of each class, by label. */
  classes: readonly string[];
  bounds: Bounds;
  seed: number;
  /** At most how many images are tried for each class. */
  steps: number;
  /** Called after each iteration. */
  onProgress: (iteration: number, leastConfidence: number) => void;
}

const WANTED = 0.999;
/** Standard deviation of the noise, as a share of the pixel range: strong enough to be seen. */
const DEVIATION = 0.25;
const ENLARGED = 4;

/** Makes one image of noise for each class that the network takes for that class. */
export async function foolingChapter(options: FoolingOptions): Promise<Chapter> {
  const { model, shape, classes, bounds, seed, steps, onProgress } = options;
  const targets = classes.map((_, label) => label);
  const noise = { shape, bounds, seed, deviation: DEVIATION * (bounds[1] - bounds[0]) };
  const fooling = await foolingImages(model, {
    ...noise,
    targets,
    steps,
    stopAt: WANTED,
    // Without decay the noise stays; with it, smooth blobs are what remains.
    decay: 0,
    late: 0.2,
    onProgress: ({ done, confidences }) => onProgress(done, Math.min(...confidences)),
  });
  // One iteration changes nothing yet: this is the noise that all ten started from.
  const start = await foolingImages(model, { ...noise, targets: [0], steps: 1 });
  try {
    const [startPrediction] = await predict(model, start.images);
    const predictions = await predict(model, fooling.images);
    const cells: PictureCell[] = [];
    for (const [index, target] of targets.entries()) {
      const name = classes[target] ?? '';
      const answer = predictions[index];
      const reading = `${classes[answer?.label ?? 0]} at ${percent(answer?.confidence ?? 0, 2)}`;
      cells.push({
        picture: await picture(fooling.images, index, `fooling-${name}`, `Noise that the network reads as ${reading}`),
        label: name,
        note: percent(answer?.confidence ?? 0, 2),
      });
    }
    const least = Math.min(...fooling.confidences);
    return {
      id: 'fooling',
      title: 'Noise that it is sure about',
      intro: [
        'Each image starts as the same Gaussian noise and follows the gradient of one class until the network is sure. No step asks whether a person would see the digit.',
        `The network never learned to say “none of these”: it takes every image for one of ${classes.length} digits.`,
      ],
      facts: [
        { label: 'lowest confidence of the ten', value: percent(least, 2) },
        { label: 'images tried per digit, at most', value: String(fooling.steps) },
      ],
      figures: [
        {
          kind: 'pictures',
          caption: 'Below each image: the digit that it was made for, and the network’s confidence in its reading.',
          rows: [{ cells: cells.slice(0, 5) }, { cells: cells.slice(5) }],
        },
        {
          kind: 'pictures',
          caption: `The noise that all ten started from, normal with a standard deviation of ${DEVIATION} of the range from black to white.`,
          rows: [
            {
              cells: [
                {
                  picture: await picture(start.images, 0, 'fooling-start', 'Gaussian noise'),
                  label: 'start',
                  note: `${classes[startPrediction?.label ?? 0]} at ${percent(startPrediction?.confidence ?? 0, 2)}`,
                },
              ],
            },
          ],
        },
        {
          kind: 'table',
          caption: 'Steps of gradient ascent until the network …',
          columns: ['digit', 'prefers it', 'is over 99 % sure', 'is over 99.9 % sure'],
          rows: targets.map((target, index) => {
            const { majority, '0.99': sure, '0.999': surer } = fooling.firstSteps;
            return [classes[target] ?? '', ...[majority, sure, surer].map((first) => first[index] ?? 'not yet')];
          }),
        },
      ],
    };
  } finally {
    tf.dispose([fooling.images, start.images]);
  }
}

async function picture(images: tf.Tensor4D, index: number, name: string, alt: string) {
  const image = tf.tidy(() => tf.squeeze<tf.Tensor3D>(tf.slice(images, index, 1), [0]));
  try {
    return await pngPicture(image, { name, alt, factor: ENLARGED });
  } finally {
    image.dispose();
  }
}
