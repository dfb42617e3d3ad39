import {
  backend_util,
  engine,
  FusedBatchNorm,
  FusedConv2D,
  FusedDepthwiseConv2D,
  type NamedTensorMap,
  ones,
  reshape,
  type Tensor,
  type Tensor4D,
  zeros,
} from '@tensorflow/tfjs-core';
import { type ConvolutionAttrs, dilatedGradients, isDilated } from './dilated-convolution.ts';

type Engine = ReturnType<typeof engine>;

/** Marks an engine that is watched already, also by another copy of this code. */
const WATCHED = Symbol.for('@cnnviz/missing-gradients/engine');

/**
 * Mends what no registered gradient can, since tfjs fails before it looks for one, or does not look. All copies of
 * tfjs-core in a program share one engine.
 *
 * @param beforeGradients Called before each gradient, so that what it registers stays whatever was imported since.
 */
export function watchEngine(beforeGradients: () => void): void {
  const watched: Engine & { [WATCHED]?: true } = engine();
  if (watched[WATCHED]) return;
  watched[WATCHED] = true;
  callBeforeGradients(watched, beforeGradients);
  completeBatchNorm(watched);
  mendFusedConvolutions(watched);
}

function callBeforeGradients(watched: Engine, beforeGradients: () => void): void {
  const gradients = watched.gradients.bind(watched);
  const withCall: typeof gradients = (...args) => {
    beforeGradients();
    return gradients(...args);
  };
  watched.gradients = withCall as Engine['gradients'];
}

/** An input that is absent ends in a TypeError when the tape is read; a scale of 1 and an offset of 0 do not. */
function completeBatchNorm(watched: Engine): void {
  const runKernel = watched.runKernel.bind(watched);
  watched.runKernel = (name, inputs, attrs) => {
    const { scale, offset, mean, ...others } = inputs as NamedTensorMap & { mean: Tensor };
    const isComplete = name !== FusedBatchNorm || (scale != null && offset != null);
    if (isComplete || watched.state.gradientDepth === 0) return runKernel(name, inputs, attrs);
    const complete = { ...others, mean, scale: scale ?? ones(mean.shape), offset: offset ?? zeros(mean.shape) };
    return runKernel(name, complete, attrs);
  };
}

/** Convolution and bias in one operation, as tfjs-layers runs them, come with a gradient that refuses dilations. */
function mendFusedConvolutions(watched: Engine): void {
  const runKernel = watched.runKernel.bind(watched);
  const customGrad = watched.customGrad.bind(watched);
  let dilated: { name: string; attrs: ConvolutionAttrs } | undefined;
  watched.runKernel = (name, inputs, attrs) => {
    const isFused = name === FusedConv2D || name === FusedDepthwiseConv2D;
    if (isFused && isDilated(attrs as unknown as ConvolutionAttrs)) {
      dilated = { name, attrs: attrs as unknown as ConvolutionAttrs };
    }
    return runKernel(name, inputs, attrs);
  };
  watched.customGrad = (run) =>
    customGrad((...args) => {
      dilated = undefined;
      const result = run(...args);
      const convolution = dilated;
      dilated = undefined;
      if (convolution === undefined) return result;
      return { ...result, gradFunc: (dy, saved) => fusedGradients(convolution, dy, saved) };
    });
}

/** The gradient of a linear operation: one that has an activation is not fused where a gradient is wanted. */
function fusedGradients({ name, attrs }: { name: string; attrs: ConvolutionAttrs }, dy: Tensor, saved: Tensor[]) {
  const [filter, x, y, bias] = saved as [Tensor4D, Tensor4D, Tensor4D, Tensor?];
  const dy4D = reshape(dy, y.shape);
  const gradients = dilatedGradients(name, dy4D, x, filter, attrs);
  const ofBias = bias === undefined ? [] : [backend_util.getFusedBiasGradient(bias, dy4D)];
  return [gradients.x(), gradients.filter(), ...ofBias];
}
