import {
  Conv2DBackpropFilter,
  DepthwiseConv2dNativeBackpropFilter,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { defer } from './deferred.ts';
import { float32, type TensorflowBackend } from './tensorflow-backend.ts';

interface Arguments {
  inputs: { x: TensorInfo; dy: TensorInfo };
  backend: TensorflowBackend;
  attrs: {
    strides: number | [number, number];
    pad: unknown;
    dataFormat?: string;
    dilations?: number | [number, number];
    filterShape: number[];
  };
}

/** What the stock kernel does, when its result is needed. What that refuses it refuses at once. */
const deferred =
  (operation: string) =>
  (stock: KernelFunc): KernelFunc => {
    return (args) => {
      const { inputs, backend, attrs } = args as unknown as Arguments;
      const { x, dy } = inputs;
      const { strides, pad, dataFormat = 'NHWC', dilations = 1, filterShape } = attrs;
      const isCovered =
        (pad === 'same' || pad === 'valid') &&
        dataFormat === 'NHWC' &&
        [x, dy].every(({ dtype }) => dtype === 'float32');
      if (!isCovered) return stock(args);

      const { binding } = backend;
      const alongAxes = (value: number | [number, number]) => ({
        type: binding.TF_ATTR_INT,
        value: [1, ...(typeof value === 'number' ? [value, value] : value), 1],
      });
      const text = (value: string) => ({ type: binding.TF_ATTR_STRING, value });
      const attributes = [
        float32(backend),
        { name: 'strides', ...alongAxes(strides) },
        { name: 'padding', ...text(pad.toUpperCase()) },
        { name: 'data_format', ...text('NHWC') },
        { name: 'dilations', ...alongAxes(dilations) },
      ];
      return defer(backend, filterShape, [x, dy], ([images, gradients]) => {
        const shape = binding.createTensor([filterShape.length], binding.TF_INT32, Int32Array.from(filterShape));
        try {
          return binding.executeOp(operation, attributes, [images!, shape, gradients!], 1)[0]!.id;
        } finally {
          binding.deleteTensor(shape);
        }
      });
    };
  };

/** In TensorFlow the operations have the names of the kernels. */
export const filterGradients = [Conv2DBackpropFilter, DepthwiseConv2dNativeBackpropFilter].map((kernelName) => ({
  kernelName,
  make: deferred(kernelName),
}));
