import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('@tensorflow/tfjs-core');
  vi.resetModules();
});

describe('registerTensorflowGradients', () => {
  it('says what to import where there is no such backend', async () => {
    const { registerTensorflowGradients } = await import('./register.ts');
    expect(() => registerTensorflowGradients()).toThrow(
      '@cnnviz/tensorflow-gradients: registerTensorflowGradients: expected the backend tensorflow to be registered; import @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu first',
    );
    expect(tf.getKernel('CnnvizReluGrad', 'tensorflow')).toBeUndefined();
  });

  it.each(['4.2.0', '4.23.0', '5.0.0'])('refuses version %s, whose internals may differ', async (version) => {
    vi.resetModules();
    vi.doMock('@tensorflow/tfjs-core', async (original) => ({ ...(await original<object>()), version_core: version }));
    const { registerTensorflowGradients } = await import('./register.ts');
    expect(() => registerTensorflowGradients()).toThrow(`expected @tensorflow/tfjs-core 4.22.x, got ${version}`);
  });
});
