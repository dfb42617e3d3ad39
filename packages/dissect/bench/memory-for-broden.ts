import { setTimeout } from 'node:timers/promises';
import type { Cost } from '@cnnviz/example-support';
import { createRandom } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { type ConceptData, dissect } from '../src/index.ts';

/** Images of Broden. */
const IMAGES = 63_305;
const MOST = 600e6;
const [height, width, units] = [13, 13, 512];

/**
 * What a dissection of 512 units over Broden would hold, by how memory grows over the first images of a run over as many:
 * 1197 concepts, two label maps an image, and activations of noise in the place of a network.
 */
export async function memoryForBroden(): Promise<Cost> {
  const random = createRandom(0);
  const labelSize = [112, 112] as const;
  const concepts = Array.from({ length: 1197 }, (_, index) => ({
    number: index + 1,
    name: `${index}`,
    category: 'object',
  }));
  const maps = Array.from({ length: 2 }, () => ({
    category: 'object',
    labels: Uint16Array.from({ length: 112 * 112 }, () => random.integer(1198)),
  }));
  const pixels = new Uint8Array(8 * 8 * 3);
  const data: ConceptData = {
    concepts,
    categories: ['object'],
    imageSize: [8, 8],
    labelSize,
    count: IMAGES,
    read: async (index) => ({ name: `${index}`, pixels, height: 8, width: 8, maps, imageLabels: [] }),
  };
  const noise = Array.from({ length: 7 }, () => random.fillNormal(new Float32Array(height * width * units)));
  const last = 3000;
  const enough = new AbortController();
  const held: { images: number; bytes: number }[] = [];
  let shown = 0;
  const run = dissect({
    probe: (images) =>
      tf.tidy(() =>
        tf.stack(
          Array.from({ length: images.shape[0] }, () => tf.tensor3d(noise[shown++ % 7]!, [height, width, units])),
        ),
      ),
    concepts: data,
    upsampling: 'half-pixel',
    signal: enough.signal,
    onProgress: async ({ images }) => {
      if (images % 200 !== 0) return;
      held.push({ images, bytes: await bytesHeld() });
      if (images >= last) enough.abort('enough');
    },
  });
  await run.catch((reason: unknown) => {
    if (reason !== 'enough') throw reason;
  });
  // What is kept of activations and for thresholds has reached its limit by then.
  const slope = Math.max(0, slopeOf(held.slice(-Math.floor(held.length / 3))));
  const { bytes } = held.at(-1)!;
  return {
    what: `memory for ${IMAGES} images and ${units} units, in units of 600 MB`,
    ratio: (bytes + slope * (IMAGES - last)) / MOST,
    bound: { atMost: 1 },
    detail: `${(bytes / 1e6).toFixed(0)} MB after ${last} images, ${slope.toFixed(0)} bytes an image more`,
  };
}

/** Buffers without an owner are freed in another thread, which a busy machine lets wait: the least of some looks. */
async function bytesHeld(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 5; look++) {
    (globalThis as { gc?: () => void }).gc?.();
    await setTimeout(20);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

/** Least squares. */
function slopeOf(points: readonly { images: number; bytes: number }[]): number {
  const mean = (of: (point: { images: number; bytes: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ images }) => images), mean(({ bytes }) => bytes)];
  return mean(({ images, bytes }) => (images - x) * (bytes - y)) / mean(({ images }) => (images - x) ** 2);
}
