import { describe, expect, it } from 'vitest';
import { runModule } from '../test-support/run-script.ts';

/**
 * A small network whose gradient is known, differentiated after whatever `before` does, and the names of the gradients
 * that are not this package's then.
 */
const differentiate = (before: string) => `
  import * as tf from '@tensorflow/tfjs-core';
  import { createRequire } from 'node:module';
  import { registerWasmGradients } from './src/index.ts';

  const require = createRequire(process.cwd() + '/package.json');
  /** As if the package were imported from another bundle, which has gradients of its own. */
  const importAgain = async () => {
    delete require.cache[require.resolve('@tensorflow/tfjs-layers')];
    require('@tensorflow/tfjs-layers');
  };
  const ours = Symbol.for('@cnnviz/wasm-gradients');
  const names = ['Relu', 'Relu6', 'LeakyRelu', 'ClipByValue', 'Mean', 'Sum', 'Square', 'FusedBatchNorm'];
  const replaced = () => names.filter((name) => !(ours in (tf.getGradient(name)?.gradFunc ?? {})));
  const own = [];
  const watch = () => {
    for (const name of ['CnnvizGateGrad', 'CnnvizSpread']) {
      const kernel = tf.getKernel(name, 'wasm');
      if (kernel === undefined) continue;
      tf.unregisterKernel(name, 'wasm');
      tf.registerKernel({ ...kernel, kernelFunc: Object.assign((args) => {
        own.push(name);
        return kernel.kernelFunc(args);
      }, kernel.kernelFunc) });
    }
  };
  const gradient = async () => {
    const x = tf.tensor4d([-1, -2, -3, -4, 1, 2, 3, 4, 0.5, -1, 2, -2, -5, -6, -7, -8], [1, 4, 4, 1]);
    const loss = (images) => tf.sum(tf.maxPool(tf.mul(tf.relu(tf.sub(images, 0.75)), 3), 2, 2, 'valid'));
    return [...(await tf.grad(loss)(x).data())];
  };
  ${before}
  console.log(JSON.stringify({ first: await gradient(), replaced: replaced(), own: [...new Set(own)].sort() }));
`;

/** Of the sum of 3 max(0, x - 3/4), pooled over 2x2: 3 at the maximum of each window, where that is above 3/4. */
const expected = [0, 0, 0, 0, 0, 3, 0, 3, 0, 0, 3, 0, 0, 0, 0, 0];

async function outcomeOf(before: string) {
  const { code, output } = await runModule(differentiate(before));
  expect(code, output).toBe(0);
  return JSON.parse(output.trim().split('\n').at(-1)!);
}

describe('gradients that tfjs registers after registerWasmGradients', () => {
  it('give way to those of this package, where tfjs is imported for the first time', async () => {
    const { first, replaced } = await outcomeOf(`
      registerWasmGradients();
      await tf.setBackend('wasm');
      await import('@tensorflow/tfjs-layers');
      if (replaced().length !== names.length) throw new Error('expected the gradients of tfjs, got ' + replaced());
    `);
    expect(first).toEqual(expected);
    expect(replaced).toEqual([]);
  });

  it('give way where tfjs is imported again, from the first gradient on', async () => {
    const { first, replaced, own } = await outcomeOf(`
      await import('@tensorflow/tfjs-layers');
      registerWasmGradients();
      await tf.setBackend('wasm');
      if (replaced().length > 0) throw new Error('expected the gradients of this package');
      await importAgain();
      if (replaced().length !== names.length) throw new Error('expected the gradients of tfjs, got ' + replaced());
      watch();
    `);
    expect(first).toEqual(expected);
    expect(replaced).toEqual([]);
    expect(own).toEqual(['CnnvizGateGrad', 'CnnvizSpread']);
  });

  it('give way to those of another copy of this package, too', async () => {
    const { first, replaced } = await outcomeOf(`
      await import('@tensorflow/tfjs-layers');
      registerWasmGradients();
      const other = await import('./src/register.ts?copy');
      if (other.registerWasmGradients === registerWasmGradients) throw new Error('expected another copy');
      other.registerWasmGradients();
      await tf.setBackend('wasm');
      await importAgain();
    `);
    expect(first).toEqual(expected);
    expect(replaced).toEqual([]);
  });

  it('stay where somebody has replaced a single one, as guided backpropagation does', async () => {
    const { first, replaced } = await outcomeOf(`
      await import('@tensorflow/tfjs-layers');
      registerWasmGradients();
      await tf.setBackend('wasm');
      const guided = (dy, [x]) => ({ x: () => tf.mul(7, tf.relu(tf.mul(dy, tf.step(x)))) });
      tf.registerGradient({ kernelName: 'Relu', inputsToSave: ['x'], gradFunc: guided });
    `);
    expect(first).toEqual(expected.map((value) => 7 * value));
    expect(replaced).toEqual(['Relu']);
  });
});
