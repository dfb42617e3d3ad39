import { conformance, describeOnBackends } from '@cnnviz/testing';
import { badInputs, badOptions, inputs, nonFinite } from '../../test-support/pgd-entries.ts';
import { type MomentumPgdOptions, momentumPgd } from './momentum-pgd.ts';
import { type PgdOptions, pgd } from './pgd.ts';

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  for (const norm of ['linf', 'l2', 'l1'] as const) {
    conformance({
      name: `pgd in ${norm}`,
      inputs,
      models: ['model'],
      options: { epsilon: 0.1, bounds: [0, 1], steps: 2, norm, randomStart: false } as PgdOptions,
      run: ({ model, images, labels }, options) => pgd(model, images, labels, options),
      badOptions: [],
      batched: { inputs: ['images', 'labels'] },
      bounds: [0, 1],
    });
  }

  conformance({
    name: 'momentumPgd',
    inputs,
    models: ['model'],
    options: { epsilon: 0.1, bounds: [0, 1], steps: 2 } as MomentumPgdOptions,
    run: ({ model, images, labels }, options) => momentumPgd(model, images, labels, options),
    badOptions: [...badOptions, [{ momentum: -1 }, /momentum must be a number >= 0, got -1/]],
    badInputs,
    abortable: true,
    batched: { inputs: ['images', 'labels'] },
    bounds: [0, 1],
    nonFinite,
  });
});
