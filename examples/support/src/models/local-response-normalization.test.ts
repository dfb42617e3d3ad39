import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { LocalResponseNormalization } from './local-response-normalization.ts';

const config = { depthRadius: 1, bias: 2, alpha: 0.5, beta: 0.75 };

describeOnBackends(['cpu', 'wasm'], () => {
  it('divides by the power of the neighbors squared', async () => {
    const layer = new LocalResponseNormalization(config);
    const [a, b, c] = [1, -2, 3];
    const output = tf.tidy(() => layer.apply(tf.tensor4d([a, b, c], [1, 1, 1, 3])) as tf.Tensor);
    const expected = [
      a / (2 + 0.5 * (a * a + b * b)) ** 0.75,
      b / (2 + 0.5 * (a * a + b * b + c * c)) ** 0.75,
      c / (2 + 0.5 * (b * b + c * c)) ** 0.75,
    ];
    (await output.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    output.dispose();
  });

  it('keeps its constants in a saved model', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.inputLayer({ inputShape: [1, 1, 3] }),
        new LocalResponseNormalization({ name: 'norm', ...config }),
      ],
    });
    const copy = await tfl.models.modelFromJSON({ modelTopology: model.toJSON(null, false) });
    expect(copy.getLayer('norm').getConfig()).toMatchObject(config);
    expect(copy.outputs[0]!.shape).toEqual([null, 1, 1, 3]);
  });
});
