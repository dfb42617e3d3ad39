import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { grownCppns } from '../../../test-support/grown-cppns.ts';
import { slowImage } from '../../../test-support/slow-cppn.ts';
import { cppnEncoding } from '../cppn-encoding.ts';
import type { CppnGenome } from './cppn-genome.ts';
import { renderCppnsOnDevice } from './render-cppns-on-device.ts';
import { renderCppnsOnHost } from './render-cppns-on-host.ts';

const [height, width] = [5, 9];

/** x, y, distance from the center and 1 at each pixel. */
function inputs(): Float32Array {
  const places = Array.from({ length: height * width }, (_, pixel) => ({
    x: (2 * ((pixel % width) + 0.5)) / width - 1,
    y: (2 * (Math.floor(pixel / width) + 0.5)) / height - 1,
  }));
  return Float32Array.from([
    ...places.map(({ x }) => x),
    ...places.map(({ y }) => y),
    ...places.map(({ x, y }) => Math.hypot(x, y)),
    ...places.map(() => 1),
  ]);
}

function furthest(genomes: CppnGenome[], rendered: Float32Array, size: Parameters<typeof slowImage>[1]): number {
  const slow = genomes.flatMap((genome) => slowImage(genome, size));
  expect(Math.max(...slow) - Math.min(...slow)).toBeGreaterThan(0.5);
  return slow.reduce((most, value, index) => Math.max(most, Math.abs(value - rendered[index]!)), 0);
}

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  describe.each([
    ['renderCppnsOnDevice', renderCppnsOnDevice, 2e-3],
    ['renderCppnsOnHost', renderCppnsOnHost, 2e-4],
  ] as const)('%s', (_, render, tolerance) => {
    it.each([1, 3] as const)('gives what a per-pixel evaluator gives, with %i channels', async (channels) => {
      const genomes = grownCppns(channels, { channels, count: 7, generations: 10 });
      const before = tf.memory().numTensors;
      const images = render(genomes, { height, width, channels, inputs: inputs() });
      expect(tf.memory().numTensors).toBe(before + 1);
      expect(images.shape).toEqual([7, height, width, channels]);
      const rendered = await images.data<'float32'>();
      images.dispose();
      expect(furthest(genomes, rendered, { height, width, channels })).toBeLessThan(tolerance);
    });

    it('gives for one what it gives for it among many', async () => {
      const genomes = grownCppns(4, { count: 12, generations: 6 });
      const rendering = { height, width, channels: 1, inputs: inputs() } as const;
      const [many, one] = [render(genomes, rendering), render([genomes[11]!], rendering)];
      const [manyPixels, onePixels] = [await many.data(), await one.data()];
      tf.dispose([many, one]);
      for (const [pixel, value] of onePixels.entries()) expect(value).toBeCloseTo(manyPixels[11 * 45 + pixel]!, 5);
    });
  });

  it('renders small and large images alike, whichever of the two renders them', async () => {
    const encoding = cppnEncoding({ shape: [8, 8, 3] });
    const genomes = grownCppns(3, { channels: 3, count: 2, generations: 8 });
    for (const side of [64, 65]) {
      const images = encoding.render(genomes, [side, side]);
      const rendered = await images.data<'float32'>();
      images.dispose();
      expect(furthest(genomes, rendered, { height: side, width: side, channels: 3 })).toBeLessThan(2e-3);
    }
  });
});
