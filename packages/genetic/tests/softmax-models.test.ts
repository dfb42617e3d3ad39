import { tinyCnn, useBackend } from '@cnnviz/testing';
import { beforeEach, expect, test, vi } from 'vitest';
import { directEncoding } from '../src/encodings/direct-encoding.ts';
import { evolveFoolingImages } from '../src/fooling/evolve-fooling-images.ts';

useBackend('wasm');

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
beforeEach(() => void warn.mockClear());

test.each([
  [true, 1],
  [false, 0],
])('evolveFoolingImages with softmax %s at the end of the model warns %s times', async (softmax, times) => {
  const model = tinyCnn({ softmax });
  const encoding = directEncoding({ shape: [8, 8, 1] });
  const options = { encoding, bounds: [0, 1], populationSize: 4, batchSize: 2, generations: 2, seed: 0 } as const;
  for (let run = 0; run < 2; run++) await evolveFoolingImages(model, options);
  expect(warn).toHaveBeenCalledTimes(times);
  if (times === 0) return;
  expect(warn).toHaveBeenCalledWith(
    '@cnnviz/genetic: evolveFoolingImages: the model seems to return probabilities where logits are expected, which hides gradients and lowers confidences: pass classifier(model) of @cnnviz/models, which takes off a softmax at the end, or a model that ends before it',
  );
});
