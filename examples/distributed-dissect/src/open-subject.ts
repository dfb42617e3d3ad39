import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type DissectLayersOptions, openBroden, receptiveField } from '@cnnviz/dissect';
import { loadModel } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import type { Subject } from './jobs.ts';

/** A subject with its model in memory, as dissecting it in whole or in shards takes it. */
export interface OpenSubject {
  options: Pick<DissectLayersOptions, 'probe' | 'concepts' | 'upsampling' | 'topImages'>;
  dispose(): void;
}

/** @param data The folder that the subject's folders are in. */
export async function openSubject(subject: Subject, data: string): Promise<OpenSubject> {
  const { model, preprocessing, broden, count, layers, topImages } = subject;
  const images = resolve(data, broden);
  const all = await openBroden((path) => readFile(join(images, path)));
  if (count !== null && count > all.count)
    throw new RangeError(`${images} has ${all.count} images, and ${count} are wanted`);
  const network = await loadModel(resolve(data, model), {
    bounds: [0, 255],
    ...(preprocessing === null ? {} : { preprocessing }),
  });
  try {
    const { topology, constants, inputShape } = network;
    const [height, width] = inputShape;
    const probe = network.probes(layers);
    return {
      options: {
        probe: (images) => probe(tf.image.resizeBilinear(images, [height, width])),
        concepts: { ...all, count: count ?? all.count },
        upsampling: Object.fromEntries(
          layers.map((layer) => [layer, receptiveField(topology, layer, { inputSize: [height, width], constants })]),
        ),
        topImages,
      },
      dispose: () => network.dispose(),
    };
  } catch (error) {
    network.dispose();
    throw error;
  }
}
