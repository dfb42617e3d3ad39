import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSqueezeNet, readPhoto } from '@cnnviz/example-support';
import type { ImageModel } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import { loadDigitNetwork, testDigits } from './digit-network.ts';
import { type Numbers, writeTensor } from './exchange.ts';
import { type ExportedNetwork, exportNetwork } from './export-network.ts';
import type { Setting } from './row.ts';

/** A network and images, here and in files for the peers. */
export interface Subject {
  name: string;
  network: ImageModel;
  images: tf.Tensor4D;
  /** What the network takes them for. */
  labels: tf.Tensor1D;
  exported: ExportedNetwork & { images: Numbers; labels: Numbers };
}

export async function digitSubject({ exchange }: Setting, count: number): Promise<Subject> {
  const name = `LeNet, ${inWords(count, 'digit')}`;
  return subject(name, await loadDigitNetwork(exchange), await testDigits(count), exchange);
}

/** @param data The folder with the network and photographs. */
export async function photographSubject({ exchange }: Setting, data: string, count: number): Promise<Subject> {
  const network = await loadSqueezeNet(join(data, 'models'));
  const folder = join(data, 'imagenet-samples');
  const files = (await readdir(folder)).filter((file) => /\.jpe?g$/i.test(file)).sort();
  const photos: tf.Tensor3D[] = [];
  for (const file of files.slice(0, count)) photos.push(await readPhoto(join(folder, file), { size: 227 }));
  const images = tf.stack(photos) as tf.Tensor4D;
  tf.dispose(photos);
  return subject(`SqueezeNet, ${inWords(count, 'photograph')}`, network, images, exchange);
}

async function subject(name: string, network: ImageModel, images: tf.Tensor4D, exchange: string): Promise<Subject> {
  const labels = tf.tidy(() => tf.argMax(network.classifier(images), 1) as tf.Tensor1D);
  const folder = join(exchange, name.replaceAll(/\W+/g, '-'));
  await mkdir(folder, { recursive: true });
  return {
    name,
    network,
    images,
    labels,
    exported: {
      ...(await exportNetwork(network, folder)),
      images: await writeTensor(folder, 'images', images),
      labels: await writeTensor(folder, 'labels', labels),
    },
  };
}

export function disposeSubject({ network, images, labels }: Subject): void {
  tf.dispose([images, labels]);
  network.dispose();
}

const inWords = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
