import {
  type CodeBounds,
  codeBounds,
  type Encoder,
  type GeneratorEpochRecord,
  type TrainGeneratorOptions,
  trainGenerator,
  type UpconvolutionalGeneratorOptions,
  upconvolutionalGenerator,
} from '@cnnviz/actmax';
import { type DataSet, type Progress, selectImages } from '@cnnviz/example-support';
import type { Generator } from '@cnnviz/internal';
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
  /** Default: images, and features a little. */
  loss?: TrainGeneratorOptions['loss'];
}

/** Measures the codes of an encoder and learns to give back the image from them. */
export async function learnGenerator(
  encoder: Encoder,
  { train, test }: DataSet,
  { epochs, seed, progress, loss = { image: 1, feature: 0.01 }, ...sizes }: LearnGeneratorOptions,
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
        trainGenerator(generator, encoder, (epoch) => imagesOnly(train, { size: 64, seed, epoch }), {
          loss,
          optimizer,
          epochs,
          schedule: (epoch) => 0.001 * 0.5 ** Math.floor((2 * epoch) / epochs),
          samples: { images, bounds: train.bounds, onPicture: (picture) => void samples.push(tf.clone(picture)) },
          onProgress: ({ epoch, batch, imageLoss }) => {
            const seen = Math.min(64 * batch, train.labels.length);
            update(epoch * train.labels.length + seen, `squared distance ${imageLoss.toFixed(1)}`);
          },
        }),
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

function rootMeanSquare({ mean, deviation }: CodeBounds): number {
  return Math.sqrt(mean.reduce((sum, value, unit) => sum + value ** 2 + deviation[unit]! ** 2, 0) / mean.length);
}

function firstOfEachClass(set: DataSet['test']) {
  return selectImages(
    set,
    set.classes.map((_, label) => set.labels.indexOf(label)),
  );
}
