import {
  Equal,
  FloorDiv,
  type GradConfig,
  Greater,
  Less,
  LessEqual,
  LogicalAnd,
  LogicalNot,
  LogicalOr,
  NotEqual,
  zeros,
} from '@tensorflow/tfjs-core';
import type { MendedGradient } from './missing-gradient.ts';

const comparisons = [Greater, Less, LessEqual, Equal, NotEqual, LogicalAnd, LogicalOr];

/**
 * What is true or false does not change in a small neighborhood. tfjs says so of `GreaterEqual` alone, and throws at the
 * others, as in `where(greater(x, 0), x, 0)`.
 */
export const conditionGradients: GradConfig[] = [
  ...comparisons.map((kernelName) => ({ kernelName, inputsToSave: ['a', 'b'], gradFunc: flat('a', 'b') })),
  { kernelName: LogicalNot, inputsToSave: ['x'], gradFunc: flat('x') },
];

/** Nor does a quotient without its fraction, which tfjs differentiates as one with it. */
export const floorDivGradient: MendedGradient = { kernelName: FloorDiv, mend: () => flat('a', 'b') };

function flat(...inputs: string[]): GradConfig['gradFunc'] {
  return (_, saved) => Object.fromEntries(inputs.map((name, i) => [name, () => zeros(saved[i]!.shape)]));
}
