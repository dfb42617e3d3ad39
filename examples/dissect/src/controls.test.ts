import { conceptScenes, randomRotation } from '@cnnviz/dissect';
import { imageModel } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { controls, forgetTraining } from './controls.ts';
import { dissectNetwork } from './dissect-network.ts';

useBackend('cpu');

const size = 16;
async function network(bias: number) {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        name: 'conv',
        inputShape: [size, size, 3],
        filters: 4,
        kernelSize: 3,
        kernelInitializer: tfl.initializers.randomNormal({ stddev: 1, seed: 1 }),
        biasInitializer: tfl.initializers.constant({ value: bias }),
      }),
      tfl.layers.batchNormalization({ name: 'norm', gammaInitializer: tfl.initializers.constant({ value: 3 }) }),
    ],
  });
  return { model, image: await imageModel(model, { preprocessing: { range: [0, 255] }, bounds: [0, 255] }) };
}

const images = () =>
  tf.tensor4d(
    Float32Array.from({ length: size * size * 3 }, (_, i) => (i * 37) % 256),
    [1, size, size, 3],
  );

describe('controls', () => {
  it('are turned maps, which have the same length at each position, and those of another network', async () => {
    const [trained, untrained] = [await network(5), await network(0)];
    const [turned, other, ...more] = controls(trained.image, ['conv'], untrained.image);
    const input = images();
    const before = tf.memory().numTensors;
    const [maps, turnedMaps, otherMaps] = [
      trained.image.probe('conv')(input),
      turned!.probe(input),
      other!.probe(input),
    ];
    expect(tf.memory().numTensors).toBe(before + 3);
    expect([turned!.name, other!.name, more]).toEqual(['turned at random', 'untrained', []]);
    const { matrix } = randomRotation({ units: 4, seed: 0 });
    const [values, rotated] = [await maps.data(), await turnedMaps.conv!.data()];
    for (const position of [0, 77, 14 * 14 - 1]) {
      for (let unit = 0; unit < 4; unit++) {
        const expected = [0, 1, 2, 3].reduce(
          (sum, row) => sum + values[4 * position + row]! * matrix[4 * row + unit]!,
          0,
        );
        expect(rotated[4 * position + unit]).toBeCloseTo(expected, 1);
      }
    }
    const difference = tf.max(tf.abs(tf.sub(tf.sub(maps, otherMaps.conv!), 5)));
    expect((await difference.data())[0]).toBeLessThan(1e-2);
    tf.dispose([input, maps, turnedMaps, otherMaps, difference]);
    expect(controls(trained.image, ['conv'], undefined).map(({ name }) => name)).toEqual(['turned at random']);
    trained.image.dispose();
    untrained.image.dispose();
  });

  it('are dissected in the pass of the network, which they do not change', async () => {
    const { image } = await network(0);
    const options = {
      network: image,
      concepts: conceptScenes({ seed: 3, count: 6, size }),
      layers: ['conv', 'norm'],
      placement: 'half-pixel' as const,
      activationMemory: 1e6,
      permutations: 0,
      topImages: 2,
      resume: undefined,
      pace: { isDue: () => false, write: (work: () => Promise<void>) => work() },
      keep: async () => {},
      update: () => {},
    };
    const alone = await dissectNetwork({ ...options, controls: [] });
    const compared = await dissectNetwork({ ...options, controls: controls(image, options.layers, image) });
    expect(compared.map(({ layer }) => layer)).toEqual([
      'conv',
      'conv, turned at random',
      'conv, untrained',
      'norm',
      'norm, turned at random',
      'norm, untrained',
    ]);
    expect([compared[0], compared[3]]).toEqual(alone);
    const withoutImages = ({ units }: (typeof alone)[0]) => units.map(({ topImages: _, ...unit }) => unit);
    expect(withoutImages(compared[2]!)).toEqual(withoutImages(alone[0]!));
    expect(compared[2]!.units.every(({ topImages }) => topImages.length === 0)).toBe(true);
    expect(compared[1]!.units.map(({ threshold }) => threshold)).not.toEqual(
      alone[0]!.units.map(({ threshold }) => threshold),
    );
    image.dispose();
  });
});

describe('forgetTraining', () => {
  it('draws kernels of variance 2 / inputs and takes everything else back to its start', async () => {
    const { model, image } = await network(5);
    expect(forgetTraining(image)).toBe(true);
    const [kernel, bias] = await Promise.all(
      model
        .getLayer('conv')
        .getWeights()
        .map((weight) => weight.data<'float32'>()),
    );
    const variance = kernel!.reduce((sum, value) => sum + value ** 2, 0) / kernel!.length;
    expect(variance).toBeGreaterThan(0.6 * (2 / 27));
    expect(variance).toBeLessThan(1.6 * (2 / 27));
    expect([...bias!]).toEqual([0, 0, 0, 0]);
    const norm = await Promise.all(
      model
        .getLayer('norm')
        .getWeights()
        .map((weight) => weight.data<'float32'>()),
    );
    expect(norm.map((values) => [...values])).toEqual([1, 0, 0, 1].map((value) => Array(4).fill(value)));
    image.dispose();
  });

  it('leaves a graph alone', async () => {
    const { image } = await network(0);
    expect(forgetTraining({ ...image, topology: { node: [] } })).toBe(false);
    image.dispose();
  });
});
