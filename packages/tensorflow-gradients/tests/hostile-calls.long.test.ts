import { describeHostileCalls, type ValidCall } from '@cnnviz/testing/hostile';
import { getKernel, registerKernel } from '@tensorflow/tfjs-core';
import * as tensorflowGradients from '../src/index.ts';

// What tfjs-node registers, which need not be installed here: nothing is computed with it.
const kernelFunc = () => {
  throw new Error('the backend tensorflow is not here');
};
for (const kernelName of ['Step', 'Conv2DBackpropFilter', 'Conv3DBackpropFilterV2']) {
  if (getKernel(kernelName, 'tensorflow') === undefined) {
    registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
  }
}

const calls: Record<string, ValidCall> = { registerTensorflowGradients: {} };

describeHostileCalls('tensorflow-gradients', tensorflowGradients, calls);
