import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ImageSet,
  imageBatches,
  lenet,
  loadSqueezeNet,
  mnist,
  type ProgressUpdate,
  readPhoto,
  selectImages,
  trainModel,
} from '@cnnviz/example-support';
import type { Bounds, Classifier } from '@cnnviz/internal';
import { classifier, trainable } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';

/** A network and the images that it is attacked on. */
export interface Subject {
  /** Beginning of the names of its pictures. */
  id: 'digits' | 'photographs';
  network: string;
  model: Classifier;
  images: tf.Tensor4D;
  labels: tf.Tensor1D;
  bounds: Bounds;
  classNames: readonly string[];
  /** Sizes of perturbations that accuracy is measured at, in the units of the pixels, from 0 up. */
  epsilons: readonly number[];
  /** Of the perturbation that is shown. */
  shownEpsilon: number;
  /** How far the decision maps reach. */
  extent: number;
  /** How many times a pixel is repeated in pictures. */
  factor: number;
  dispose(): void;
}

const BATCH = 64;
const LEARNING_RATE = 0.04;

/** LeNet, trained on 8,000 digits of MNIST, and test digits. */
export async function digitsSubject({
  count,
  epochs,
  seed,
  update,
}: {
  count: number;
  epochs: number;
  seed: number;
  update: ProgressUpdate;
}): Promise<Subject> {
  const { train, test } = await mnist({ seed });
  const network = lenet({ seed, inputShape: train.shape, classes: train.classes.length });
  await trainModel(trainable(network), (epoch) => imageBatches(train, { size: BATCH, seed, epoch }), {
    epochs,
    learningRate: (epoch) => LEARNING_RATE * 0.5 ** epoch,
    onProgress: (progress) => update(progress),
  });
  const first = selectImages(
    test,
    Array.from({ length: Math.min(count, test.labels.length) }, (_, index) => index),
  );
  const [images, labels] = firstBatch(first, count);
  return {
    id: 'digits',
    network: 'LeNet',
    model: classifier(network),
    images,
    labels,
    bounds: test.bounds,
    classNames: test.classes,
    epsilons: [0, 0.05, 0.1, 0.15, 0.2],
    shownEpsilon: 0.1,
    extent: 5,
    factor: 5,
    dispose: () => void network.dispose(),
  };
}

function firstBatch(set: ImageSet, size: number): [images: tf.Tensor4D, labels: tf.Tensor1D] {
  for (const { images, labels } of imageBatches(set, { size })) return [tf.clone(images), tf.clone(labels)];
  throw new RangeError(`${set.name} has no image`);
}

/**
 * SqueezeNet 1.0 and photographs whose file names begin with the WordNet id of their class, `n02510455_giant_panda.jpg`.
 *
 * @param models Folder of the network; see `loadSqueezeNet`.
 */
export async function photographsSubject({
  models,
  photographs,
  count,
}: {
  models: string;
  photographs: string;
  count: number;
}): Promise<Subject> {
  const { classifier, labels, bounds, inputShape, dispose } = await loadSqueezeNet(models);
  const ids = labels!.map((name) => name.slice(0, name.indexOf(' ')));
  const found = (await readdir(photographs)).flatMap((file) => {
    const label = ids.indexOf(file.slice(0, 9));
    return label < 0 ? [] : [{ file, label }];
  });
  if (found.length === 0) throw new Error(`${photographs}: no file name begins with a WordNet id such as n02510455`);
  // The panda of Goodfellow et al. first, and the others evenly from the list.
  const every = Math.max(1, Math.floor(found.length / count));
  const panda = found.filter(({ file }) => /giant_panda/i.test(file));
  const chosen = [...new Set([...panda, ...found.filter((_, index) => index % every === 0)])].slice(0, count);
  const photos = [];
  for (const { file } of chosen) photos.push(await readPhoto(join(photographs, file), { size: inputShape[0] }));
  const images = tf.stack(photos) as tf.Tensor4D;
  tf.dispose(photos);
  return {
    id: 'photographs',
    network: 'SqueezeNet 1.0',
    model: classifier,
    images,
    labels: tf.tensor1d(
      chosen.map(({ label }) => label),
      'int32',
    ),
    bounds,
    classNames: labels!.map((name) => name.slice(name.indexOf(' ') + 1).split(',')[0]!),
    epsilons: [0, 0.5 / 255, 1 / 255, 2 / 255, 8 / 255],
    shownEpsilon: 0.007,
    extent: 3,
    factor: 1,
    dispose,
  };
}
