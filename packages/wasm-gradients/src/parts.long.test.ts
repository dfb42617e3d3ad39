import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { run } from '../test-support/run-script.ts';

/** A training step with every kind of layer whose gradients are computed in parts, on so many threads. */
const step = (threads: number) => `
  import { createHash } from 'node:crypto';
  registerWasmGradients();
  await enableThreads({ threads: ${threads} });
  const tfl = await import('@tensorflow/tfjs-layers');
  const digest = createHash('sha256');
  const numbers = (shape, seed) => tf.reshape(tf.sin(tf.mul(tf.range(0, tf.util.sizeFromShape(shape)), seed)), shape);
  const zeros = { kernelInitializer: 'zeros', useBias: true };
  const model = tfl.sequential({ layers: [
    tfl.layers.conv2d({ inputShape: [33, 31, 3], filters: 40, kernelSize: 3, padding: 'same', activation: 'relu', ...zeros }),
    tfl.layers.batchNormalization(),
    tfl.layers.maxPooling2d({ poolSize: 2 }),
    tfl.layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same', depthwiseInitializer: 'zeros' }),
    tfl.layers.reLU({ maxValue: 6 }),
    tfl.layers.conv2d({ filters: 72, kernelSize: 3, strides: 2, padding: 'same', ...zeros }),
    tfl.layers.averagePooling2d({ poolSize: 2, padding: 'same' }),
    tfl.layers.flatten(),
    tfl.layers.dense({ units: 10, ...zeros }),
  ] });
  model.weights.forEach((weight, i) => {
    if (weight.shape.length > 1) weight.write(tf.mul(numbers(weight.shape, 1.3 + i), 0.1));
  });
  const images = numbers([64, 33, 31, 3], 0.7);
  const loss = (x) => tf.sum(tf.square(model.apply(x, { training: true })));
  const variables = model.trainableWeights.map((weight) => weight.read());
  const { value, grads } = tf.variableGrads(() => loss(images), variables);
  for (const each of [value, ...Object.values(grads), tf.grad(loss)(images)]) digest.update(new Uint8Array((await each.data()).buffer));
  console.log(digest.digest('hex'));
`;

/** Adds rows of ones, of which this thread is slow to compute its parts. */
const slowly = (compute: string) => `
  import { runInParts } from './src/parts.ts';
  import { simdOf } from './src/simd.ts';
  import { addressOf } from './src/wasm-backend.ts';
  registerWasmGradients();
  await enableThreads({ threads: 2 });
  const backend = tf.backend();
  const simd = simdOf(backend);
  const { combineRows } = simd;
  let parts = 0;
  const x = tf.ones([4096, 1024]);
  const row = tf.ones([1024]);
  const out = tf.zeros([4096, 1024]);
  simd.combineRows = (...values) => {
    parts++;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    ${compute}
  };
  const [a, b, to] = [x, row, out].map((each) => addressOf(backend, each));
`;

describe.skipIf(availableParallelism() < 2)('kernels in parts', () => {
  it('gives the same bytes on one thread and on several', async () => {
    const [alone, together] = await Promise.all([run(step(1)), run(step(2))]);
    expect(alone.code, alone.output).toBe(0);
    expect(together.code, together.output).toBe(0);
    expect(alone.output.trim()).toMatch(/^[0-9a-f]{64}$/);
    expect(together.output).toBe(alone.output);
  });

  it('leaves to the others what one thread does not get to', async () => {
    const { code, output } = await run(`${slowly('combineRows(...values);')}
      runInParts(backend, 'combineRows', [0, a, b, to, 1024], { size: 4096, cost: 1024 });
      console.log(JSON.stringify({ parts, least: (await tf.min(out).data())[0], most: (await tf.max(out).data())[0] }));
    `);
    expect(code, output).toBe(0);
    const { parts, ...sums } = JSON.parse(output);
    expect(sums).toEqual({ least: 2, most: 2 });
    // Of four; none where the helper is quicker than this thread at the first one, too.
    expect(parts).toBeLessThanOrEqual(1);
  });

  it('reports what goes wrong in another thread, and goes on', async () => {
    const { code, output } = await run(`${slowly('')}
      const beyond = 2 ** 31;
      let message = '';
      try {
        runInParts(backend, 'combineRows', [0, beyond, b, to, 1024], { size: 4096, cost: 1024 });
      } catch (error) {
        message = error.message;
      }
      simd.combineRows = combineRows;
      runInParts(backend, 'combineRows', [0, a, b, to, 1024], { size: 4096, cost: 1024 });
      console.log(JSON.stringify({ message, least: (await tf.min(out).data())[0] }));
    `);
    expect(code, output).toBe(0);
    expect(JSON.parse(output)).toEqual({
      message: '@cnnviz/wasm-gradients: a thread failed at combineRows',
      least: 2,
    });
  });

  it('ends its helpers with the backend', async () => {
    const { code, output } = await run(`
      registerWasmGradients();
      await enableThreads({ threads: 2 });
      tf.removeBackend('wasm');
      console.log('removed');
    `);
    expect(code, output).toBe(0);
    expect(output.trim()).toBe('removed');
  });
});
