import { type AnyProbe, askModel, checker, isA, type Probe, requireOutput } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Rotation } from './random-rotation.ts';

/**
 * Makes a probe whose units are rotated directions in the activation space of another probe.
 *
 * At each position of the maps the activations a of the units become a · Q. With a `randomRotation` this is the control of
 * network dissection: no information is lost or added, and the next layer could undo it.
 *
 * @param probe Images to activations `[n, h, w, units]`, at once or later.
 * @param rotation A rotation of the same number of units.
 * @returns A probe with the same number of units; the caller disposes the tensors that it returns. It is synchronous,
 *   differentiable and usable inside `tf.tidy` if `probe` is, and else answers later, too.
 * @throws TypeError if an argument is of another kind. The probe throws a RangeError if its units are not those of the rotation.
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
    check.fail('type', 'rotation', 'a result of randomRotation', rotation);
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
