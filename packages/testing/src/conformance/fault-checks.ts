import { describeValue } from '@cnnviz/internal';
import type { Algorithm, ConformanceCheck, Inputs } from './algorithm.ts';
import { type Changes, expectDocumentedError, failureOf } from './call.ts';

const badSeeds = [-1, 0.5, Number.NaN, '1', null];

export function faultChecks<I extends Inputs, O extends object>(algorithm: Algorithm<I, O>): ConformanceCheck[] {
  const { name, badOptions, badInputs = [], seeded } = algorithm;
  const rejects = (fault: string, changes: () => Changes, message: RegExp): ConformanceCheck => ({
    name: `rejects ${fault}`,
    onHost: true,
    run: async () => expectDocumentedError(await failureOf(algorithm, changes()), name, message),
  });
  return [
    ...badOptions.map(([options, message]) => rejects(describeFault(options), () => ({ options }), message)),
    ...badInputs.map(([inputs, message]) =>
      rejects(`inputs: ${message.source}`, () => ({ inputs: inputs() }), message),
    ),
    ...(seeded ? badSeeds : []).map((seed) =>
      rejects(describeFault({ seed }), () => ({ options: { seed } }), /\bseed must be an integer >= 0/),
    ),
  ];
}

function describeFault(fault: object): string {
  return Object.entries(fault)
    .map(([key, value]) => `${key} ${describeValue(value)}`)
    .join(', ');
}
