import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, it } from 'vitest';
import { expectGradient, integers } from '../../test-support/expect-gradient.ts';
import { registerMissingGradients } from './register-missing-gradients.ts';

useBackend('cpu');
beforeAll(registerMissingGradients);

it('reads an equation with spaces', async () => {
  await expectGradient((a, b) => tf.einsum('ab, b -> a', a, b!), [integers([2, 3], 1), integers([3], 2)]);
});
