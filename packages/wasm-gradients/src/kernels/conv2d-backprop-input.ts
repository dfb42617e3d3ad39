import { Conv2DBackpropInput, type Conv2DBackpropInputAttrs, type TensorInfo } from '@tensorflow/tfjs-core';
import { requireChannelsLast } from './channels-last.ts';
import { flippedConvolution } from './flipped-convolution.ts';
import { inputGradientOf } from './input-gradient.ts';
import { wasmKernel } from './kernel.ts';
import { scatteredProduct } from './scattered-product.ts';

/** The gradient with respect to a convolution's input, which is also the forward pass of a transposed convolution. */
export const conv2DBackpropInput = wasmKernel<{ dy: TensorInfo; filter: TensorInfo }, Conv2DBackpropInputAttrs>(
  Conv2DBackpropInput,
  ({ inputs, attrs, backend }) => {
    requireChannelsLast(Conv2DBackpropInput, attrs.dataFormat);
    const gradient = inputGradientOf(inputs, attrs);
    const [flipped, scattered] = [flippedConvolution(gradient), scatteredProduct(gradient)];
    const dx = backend.makeOutput(attrs.inputShape, 'float32');
    (flipped.cost <= scattered.cost ? flipped : scattered).run(backend, dx);
    return dx;
  },
);
