import { answerLater, useBackend } from '@cnnviz/testing';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { dissect, dissectLayers } from '../src/dissection/dissect.ts';
import { dissectShard } from '../src/dissection/dissect-shard.ts';
import { activationGrid } from '../src/pictures/activation-grid.ts';
import { topActivationGrid } from '../src/pictures/top-activation-grid.ts';
import { conceptScenes } from '../src/scenes/concept-scenes.ts';
import { randomRotation } from '../src/statistics/random-rotation.ts';
import { rotateUnits } from '../src/statistics/rotate-units.ts';
import { topActivations } from '../src/tallies/top-activations.ts';

useBackend('cpu');

const concepts = conceptScenes({ seed: 0, count: 5, size: 16 });
const pooled = (images: Tensor4D) => tf.avgPool(images, 4, 4, 'valid');
const layers = (images: Tensor4D) => ({ pooled: pooled(images) });

/** Takes `batchSize` images at once, and says so. */
function fixed<O>(
  probe: (images: Tensor4D) => O,
  batchSize: number,
): ((images: Tensor4D) => O) & { batchSize: number } {
  const strict = (images: Tensor4D) => {
    if (images.shape[0] !== batchSize) throw new Error(`takes ${batchSize} images, got ${images.shape[0]}`);
    return probe(images);
  };
  return Object.assign(strict, { batchSize });
}

const upsampling = 'half-pixel' as const;

test.each([1, 2, 8])(
  'a probe that takes %i images at once finds what one finds that takes any number',
  async (size) => {
    const batch = tf.tidy(() => tf.randomUniform<tf.Rank.R4>([3, 16, 16, 3], 0, 255, 'float32', 1));
    const imageOf = () => ({
      input: tf.fill([16, 16, 3], 0.5) as Tensor3D,
      picture: tf.fill([16, 16, 3], 0.5) as Tensor3D,
    });
    const first = tf.tidy(() => tf.squeeze<Tensor3D>(tf.slice(batch, 0, 1), [0]));
    const top = await topActivations(pooled, [batch], { perUnit: 2 });
    const before = tf.memory().numTensors;
    for (const probe of [fixed(pooled, size), Object.assign(answerLater(fixed(pooled, size)), { batchSize: size })]) {
      expect(await topActivations(probe, [batch], { perUnit: 2 })).toEqual(top);
      const own = await dissect({ probe: pooled, concepts, upsampling, batchSize: 3 });
      expect(await dissect({ probe, concepts, upsampling, batchSize: 3 })).toEqual(own);
      const grids = [
        await activationGrid(probe, first),
        await topActivationGrid(probe, top, { imageOf, upsampling }),
        await rotateUnits(probe, randomRotation({ units: 3, seed: 0 }))(batch),
      ];
      expect(grids.map(({ rank }) => rank)).toEqual([3, 3, 4]);
      tf.dispose(grids);
    }
    const given = { concepts, upsampling: { pooled: upsampling }, batchSize: 3 };
    const probe = fixed(layers, size);
    expect(await dissectLayers({ ...given, probe })).toEqual(await dissectLayers({ ...given, probe: layers }));
    expect(await dissectShard({ ...given, probe, images: [1, 5] })).toEqual(
      await dissectShard({ ...given, probe: layers, images: [1, 5] }),
    );
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([batch, first]);
  },
);
