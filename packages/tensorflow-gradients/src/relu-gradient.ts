import { engine, type GradConfig, type KernelConfig, Relu, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { float32, isActive, type TensorflowBackend } from './tensorflow-backend.ts';

/** TensorFlow's own operation: dy where x > 0, else 0. */
export const reluGrad: KernelConfig = {
  kernelName: 'CnnvizReluGrad',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend }) => {
    const { dy, x } = inputs as { dy: TensorInfo; x: TensorInfo };
    const native = backend as TensorflowBackend;
    return native.executeSingleOutput('ReluGrad', [float32(native)], [dy, x]);
  },
};

/**
 * One pass over memory where tfjs takes a step function, a cast and a product. On another backend, and where the gradient
 * is itself being differentiated (`ReluGrad` has no gradient here), tfjs's own is used.
 */
export const reluGradient = {
  kernelName: Relu,
  make:
    (original: GradConfig['gradFunc']): GradConfig['gradFunc'] =>
    (dy, saved, attrs) => {
      const [x] = saved;
      const isCovered =
        isActive() &&
        engine().state.gradientDepth === 0 &&
        !Array.isArray(dy) &&
        dy.dtype === 'float32' &&
        x?.dtype === 'float32';
      if (!isCovered) return original(dy, saved, attrs);
      return { x: () => engine().runKernel(reluGrad.kernelName, { dy: dy as Tensor, x: x! }) as Tensor };
    },
};
