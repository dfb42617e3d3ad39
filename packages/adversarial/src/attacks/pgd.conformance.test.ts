import { conformance, describeOnBackends } from '@cnnviz/testing';
import { badInputs, badOptions, inputs, nonFinite } from '../../test-support/pgd-entries.ts';
import { type PgdOptions, pgd } from './pgd.ts';

const pgdBadOptions = [
  ...badOptions,
  [{ seed: -1 }, /seed must be an integer >= 0/],
  [{ restarts: 0 }, /restarts must be an integer >= 1, got 0/],
  [{ randomStart: false }, /restarts must be 1 without randomStart, got 2/],
  [{ l1Step: 'sort' }, /l1Step must be one of "gradient", "coordinate", got "sort"/],
] as const;

const runPgd = ({ model, images, labels }: ReturnType<typeof inputs>, options: PgdOptions) =>
  pgd(model, images, labels, options);

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  conformance({
    name: 'pgd',
    inputs,
    models: ['model'],
    options: { epsilon: 0.1, bounds: [0, 1], steps: 1, restarts: 2, seed: 0 } as PgdOptions,
    run: runPgd,
    badOptions: pgdBadOptions,
    badInputs,
    seeded: true,
    abortable: true,
    bounds: [0, 1],
    nonFinite,
  });
});
