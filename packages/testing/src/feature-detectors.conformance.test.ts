import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { colorProbe, describeOnBackends, templateProbe } from './index.ts';

/** Without the sign that some backends leave on zero. */
const read = async (tensor: tf.Tensor) => [...(await tensor.data())].map((value) => value + 0);

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  test('colorProbe fires where the color is, by how much the threshold is passed', async () => {
    const probe = colorProbe([
      { direction: [1, -1, -1], threshold: 0.5 },
      { direction: [0, 0, 1], threshold: 0.25 },
    ]);
    const red = [1, 0, 0];
    const blue = [0, 0, 1];
    const white = [1, 1, 1];
    const images = tf.tensor4d([red, blue, white, red].flat(), [1, 2, 2, 3]);
    const activations = probe(images);
    expect(activations.shape).toEqual([1, 2, 2, 2]);
    expect(await read(activations)).toEqual([0.5, 0, 0, 0.75, 0, 0.75, 0.5, 0]);
    tf.dispose([images, activations]);
  });

  test('templateProbe fires 1 exactly where its template is', async () => {
    const corner = [
      [[1], [1]],
      [[1], [-1]],
    ];
    const cross = [
      [[1], [-1]],
      [[-1], [1]],
    ];
    const probe = templateProbe([corner, cross]);
    const image = [
      [1, 1, -1],
      [1, -1, 1],
      [-1, 1, -1],
    ];
    const images = tf.tensor4d(image.flat(), [1, 3, 3, 1]);
    const activations = probe(images);
    expect(activations.shape).toEqual([1, 2, 2, 2]);
    const corner00 = [1, 0];
    const cross01 = [0, 1];
    const cross10 = [0, 1];
    const nothing11 = [0, 0];
    expect(await read(activations)).toEqual([corner00, cross01, cross10, nothing11].flat());
    tf.dispose([images, activations]);
  });
});
