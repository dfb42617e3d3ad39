import { type AnyProbe, askModel, checker, isA, type Probe, requireOutput } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Rotation } from './random-rotation.ts';

/**
 * A probe whose units are directions of another one's space of activations, turned by a rotation.
 *
 * At each position of the maps the activations a of the units become a · Q. With a `randomRotation` this is the control of
 * network dissection: nothing is lost or added, and the first layer after it could undo it.
 *
 * @param probe Images to activations `[n, h, w, units]`, at once or later.
 * @param rotation Of as many units.
 * @returns A probe of as many units. Synchronous, differentiable and for use inside `tf.tidy` where `probe` is; else it
 *   answers later, too.
 * @throws RangeError from the probe if the units are not as many as those of the rotation.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, section
 *   3.2.
 *
 * @example
 * import { conceptScenes, dissect, randomRotation, rotateUnits } from '@cnnviz/dissect';
 *
 * const { units } = await dissect({
 *   probe: rotateUnits((images) => images, randomRotation({ units: 3, seed: 0 })),
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: 'half-pixel',
 * });
 */
export function rotateUnits(probe: Probe, rotation: Rotation): Probe;
export function rotateUnits(probe: AnyProbe, rotation: Rotation): AnyProbe;
export function rotateUnits(probe: AnyProbe, rotation: Rotation): AnyProbe {
  const check = checker('@cnnviz/dissect', 'rotateUnits');
  check.callable('probe', probe);
  const { units, matrix } = rotation ?? {};
  if (!Number.isInteger(units) || !isA('Float32Array', matrix) || matrix.length !== units! * units!) {
    check.fail('type', 'rotation', 'what randomRotation gives', rotation);
  }
  // In a browser tfjs takes an array of another realm for no array.
  const values = new Float32Array(matrix);
  return (images) =>
    askModel(probe, images, (maps): Tensor4D => {
      requireOutput(
        check,
        'probe',
        'a function to float32 activations [n, h, w, units]',
        maps,
        ({ rank, shape }) => rank === 4 && shape[0] === images.shape[0],
      );
      if (maps.shape.at(-1) !== units) check.fail('range', 'probe', `one of ${units} units`, maps);
      const rotated = tf.matMul(tf.reshape(maps, [-1, units]), tf.tensor2d(values, [units, units]));
      return tf.reshape(rotated, maps.shape);
    });
}
