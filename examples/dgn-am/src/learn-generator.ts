import {
  type CodeBounds,
  codeBounds,
  type Encoder,
  type GeneratorEpochRecord,
  type TrainableGenerator,
  type TrainGeneratorOptions,
  trainGenerator,
  type UpconvolutionalGeneratorOptions,
  upconvolutionalGenerator,
} from '@cnnviz/actmax';
import { type DataSet, type Progress, selectImages } from '@cnnviz/example-support';
import { createRandom, type Generator } from '@cnnviz/internal';
import { dropout } from '@cnnviz/regularizers';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { imagesOnly } from './images-only.ts';

export interface LearnedGenerator {
  generator: Generator;
  bounds: CodeBounds;
  history: GeneratorEpochRecord[];
  /** Test images above, below each what the generator makes of its features; one picture an epoch. The caller disposes. */
  samples: Tensor3D[];
  dispose(): void;
}

export interface LearnGeneratorOptions extends Pick<UpconvolutionalGeneratorOptions, 'hidden' | 'filters'> {
  epochs: number;
  seed: number;
  progress: Progress;
  /** Default: `'l2'`, the squared distance of images. */
  loss?: TrainGeneratorOptions['loss'];
}

/** Of the numbers of a code, in training. */
const LEFT_OUT = 0.5;

/**
 * Measures the codes of an encoder and learns to give back the image from them, of which half of the numbers are left out
 * each time: ascent leads to codes that no image has, and a generator that has met whole codes only draws dots and
 * broken strokes there.
 */
export async function learnGenerator(
  encoder: Encoder,
  { train, test }: DataSet,
  { epochs, seed, progress, loss = 'l2', ...sizes }: LearnGeneratorOptions,
): Promise<LearnedGenerator> {
  const bounds = await codeBounds(encoder, imagesOnly(train, { size: 500 }));
  const generator = upconvolutionalGenerator({
    codeSize: bounds.mean.length,
    shape: train.shape,
    bounds: train.bounds,
    seed,
    codeScale: rootMeanSquare(bounds),
    ...sizes,
  });
  const optimizer = tf.train.adam(0.001);
  const samples: Tensor3D[] = [];
  try {
    for (const images of imagesOnly(firstOfEachClass(test), { size: test.classes.length })) {
      const { history } = await progress.stage('the generator', epochs * train.labels.length, (update) =>
        trainGenerator(
          withNumbersLeftOut(generator, seed),
          encoder,
          (epoch) => imagesOnly(train, { size: 64, seed, epoch }),
          {
            loss,
            optimizer,
            epochs,
            schedule: (epoch) => 0.001 * 0.5 ** Math.floor((2 * epoch) / epochs),
            samples: { images, bounds: train.bounds, onPicture: (picture) => void samples.push(tf.clone(picture)) },
            onProgress: ({ epoch, batch, imageLoss }) => {
              const seen = Math.min(64 * batch, train.labels.length);
              update(epoch * train.labels.length + seen, `squared distance ${imageLoss.toFixed(1)}`);
            },
          },
        ),
      );
      return {
        generator: (codes) => generator.apply(codes, { training: false }),
        bounds,
        history,
        samples,
        dispose: () => tf.dispose(generator.variables),
      };
    }
    throw new Error('@cnnviz/example-dgn-am: learnGenerator: there are no test images');
  } finally {
    optimizer.dispose();
  }
}

function withNumbersLeftOut(generator: TrainableGenerator, seed: number): TrainableGenerator {
  const random = createRandom(seed);
  return {
    variables: generator.variables,
    apply: (codes, { training }) =>
      tf.tidy(() => {
        const left = dropout(codes, { rate: LEFT_OUT, seed: random.integer(2 ** 32), training });
        return generator.apply(left, { training });
      }),
  };
}

function rootMeanSquare({ mean, deviation }: CodeBounds): number {
  return Math.sqrt(mean.reduce((sum, value, unit) => sum + value ** 2 + deviation[unit]! ** 2, 0) / mean.length);
}

function firstOfEachClass(set: DataSet['test']) {
  return selectImages(
    set,
    set.classes.map((_, label) => set.labels.indexOf(label)),
  );
}
