import {
  greater,
  isNaN as isNotANumber,
  type KernelFunc,
  Step,
  scalar,
  type Tensor,
  type TensorInfo,
  tidy,
} from '@tensorflow/tfjs-core';
import { float32, type TensorflowBackend } from './tensorflow-backend.ts';

interface Arguments {
  inputs: { x: TensorInfo };
  backend: TensorflowBackend;
  attrs: { alpha: number };
}

/**
 * 1 where x > 0, NaN where it is NaN, else alpha. The stock kernel fills a tensor of ones in JavaScript and copies it to
 * the native library, each time; here 1 and alpha are scalars, and the native library repeats them.
 */
export const step = {
  kernelName: Step,
  make: (): KernelFunc => {
    return (args) => {
      const { inputs, backend, attrs } = args as unknown as Arguments;
      const x = inputs.x as Tensor;
      const select = (condition: Tensor, yes: Tensor, no: Tensor) =>
        backend.executeSingleOutput('SelectV2', [float32(backend)], [condition, yes, no]);
      return tidy(() => select(isNotANumber(x), x, select(greater(x, 0), scalar(1), scalar(attrs.alpha))));
    };
  },
};
