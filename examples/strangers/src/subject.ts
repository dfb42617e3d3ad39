import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConceptData, type ConceptImage, conceptScenes, openBroden } from '@cnnviz/dissect';
import { readPhoto } from '@cnnviz/example-support';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { LoadedNetwork, PublishedNetwork } from './networks.ts';

/** How much is done. */
export interface Extent {
  /** Photographs that are looked at, the first two of which are attacked. */
  photographs: number;
  attackSteps: number;
  ascentSteps: number;
  generations: number;
  populationSize: number;
  /** Labeled images that the layer is dissected on. */
  labeled: number;
  epochs: number;
}

/** For the page. */
export const whole: Extent = {
  photographs: 12,
  attackSteps: 8,
  ascentSteps: 32,
  generations: 10,
  populationSize: 10,
  labeled: 16,
  epochs: 5,
};

/** To see that everything works, in minutes. */
export const quick: Extent = {
  photographs: 5,
  attackSteps: 2,
  ascentSteps: 4,
  generations: 2,
  populationSize: 4,
  labeled: 6,
  epochs: 3,
};

/** A network and the pictures that it is shown. */
export interface Subject extends LoadedNetwork {
  name: string;
  /** `[n, h, w, c]` in [0, 1], as large as the network takes them. */
  photographs: Tensor4D;
  /** The same with three channels, `[n, h, w, 3]`. */
  pictures: Tensor4D;
  labeled: ConceptData;
  extent: Extent;
  dispose(): void;
}

/** Where pictures come from: photographs, or scenes that are drawn where there is no folder of them. */
export interface Pictures {
  read(index: number, size: readonly [number, number]): Promise<Tensor3D>;
  count: number;
  labeled: ConceptData;
  /** For the page: what they are. */
  description: string;
}

/** The astronaut first: some of the networks look for people. */
const files = ['astronaut', 'cat', 'coffee', 'raccoon', 'rocket'].map((name) => `photographs/${name}.jpg`);

/** @param data The folder that CNNVIZ_DATA names, if it does. */
export async function openPictures(data: string | undefined): Promise<Pictures> {
  if (!data) return drawnScenes();
  const samples = await readdir(join(data, 'imagenet-samples'));
  const paths = [...files, ...samples.filter((_, i) => i % 25 === 0).map((name) => `imagenet-samples/${name}`)];
  return {
    read: async (index, [height, width]) => {
      const square = await readPhoto(join(data, paths[index]!), { size: Math.max(height, width) });
      if (height === width) return square;
      const resized = tf.image.resizeBilinear(square, [height, width], false, true);
      square.dispose();
      return resized;
    },
    count: paths.length,
    labeled: await openBroden((path) => readFile(join(data, 'mini-broden', path))),
    description: 'photographs',
  };
}

function drawnScenes(): Pictures {
  const scenes = conceptScenes({ seed: 0, count: 32, size: 224, labelSize: 112 });
  return {
    read: async (index, size) => {
      const image = await scenes.read(index);
      return tf.tidy(() => tf.image.resizeBilinear(inUnitRange(image), [...size], false, true));
    },
    count: scenes.count,
    labeled: scenes,
    description: 'scenes of conceptScenes',
  };
}

/** `[h, w, 3]` in [0, 1]. The caller disposes. */
export const inUnitRange = ({ pixels, height, width }: ConceptImage): Tensor3D =>
  tf.tidy(() => tf.div(tf.tensor3d(Float32Array.from(pixels), [height, width, 3]), 255));

/** Loads a network and the pictures for it. */
export async function openSubject({ name, load }: PublishedNetwork, from: Pictures, extent: Extent): Promise<Subject> {
  const loaded = await load();
  const [height, width, channels] = loaded.network.inputShape;
  const photos: Tensor3D[] = [];
  for (let i = 0; i < Math.min(extent.photographs, from.count); i++) photos.push(await from.read(i, [height, width]));
  const pictures = tf.stack(photos) as Tensor4D;
  tf.dispose(photos);
  const photographs = withChannels(pictures, channels);
  return {
    ...loaded,
    name,
    photographs,
    pictures,
    labeled: { ...from.labeled, count: Math.min(extent.labeled, from.labeled.count) },
    extent,
    dispose: () => {
      tf.dispose([pictures, photographs]);
      loaded.network.dispose();
    },
  };
}

/** As many channels as a network takes: gray is the mean of red, green and blue. The caller disposes. */
export const withChannels = (pictures: Tensor4D, channels: number): Tensor4D =>
  tf.tidy(() => (channels === 1 ? tf.mean(pictures, 3, true) : tf.clone(pictures)));
