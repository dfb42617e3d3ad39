import type { Classifier } from '@cnnviz/internal';
import { conformance, describeOnBackends, tinyCnn } from '@cnnviz/testing';
import { describe } from 'vitest';
import { cppnEncoding } from '../encodings/cppn-encoding.ts';
import { directEncoding } from '../encodings/direct-encoding.ts';
import type { ImageEncoding } from '../encodings/image-encoding.ts';
import { type EvolveFoolingImagesOptions, evolveFoolingImages } from './evolve-fooling-images.ts';

const shape = [8, 8, 1] as const;
const base = { bounds: [-1, 1] as const, seed: 3, generations: 4, populationSize: 12, batchSize: 5 };

const encodings: [string, ImageEncoding<never>][] = [
  ['directEncoding', directEncoding({ shape }) as ImageEncoding<never>],
  ['cppnEncoding', cppnEncoding({ shape }) as ImageEncoding<never>],
];

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  describe.each(encodings)('with %s', (_, encoding) => {
    conformance<{ model: Classifier }, EvolveFoolingImagesOptions<never>>({
      name: 'evolveFoolingImages',
      inputs: () => ({ model: tinyCnn() }),
      models: ['model'],
      later: ['model'],
      options: { ...base, encoding },
      run: ({ model }, options) => evolveFoolingImages(model, options),
      badOptions: [
        [{ populationSize: 1 }, /evolveFoolingImages: populationSize must be an integer >= 2, got 1/],
        [{ bounds: [1, 0] }, /evolveFoolingImages: bounds must be two finite numbers/],
        [{ generations: -1 }, /evolveFoolingImages: generations must be an integer >= 0, got -1/],
        [{ batchSize: 0 }, /evolveFoolingImages: batchSize must be an integer >= 1, got 0/],
        [{ stopAt: 2 }, /evolveFoolingImages: stopAt must be a number > 0 and <= 1, got 2/],
        [{ crossoverRate: 2 }, /crossoverRate must be a number >= 0 and <= 1, got 2/],
        [{ encoding: {} }, /evolveFoolingImages: encoding.name must be a string, got undefined/],
      ],
      seeded: true,
      abortable: true,
      nonFinite: /evolveFoolingImages: probabilities must be finite, got NaN for individual 0 of 12 in generation 0/,
    });
  });
});
