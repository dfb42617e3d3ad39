// Compiled by scripts/build-simd.mjs to a module that imports the memory of the wasm backend and works on its heap in
// place. Sizes are element counts, pointers byte addresses.

export { addColumns } from './add-columns';
export { conv2dBackpropFilter } from './conv2d-backprop-filter';
export { depthToSpace, phaseFilter, transposeBlock } from './conv2d-backprop-input';
export { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwise';
export {
  addGated,
  addNormalized,
  clip,
  combineRows,
  copyRows,
  gateGrad,
  normalize,
  scaledProduct,
  spread,
} from './elementwise';
export { avgPoolGrad, maxPoolGrad } from './pooling';
export { deviationSums } from './row-sums';
export { segmentSum, sumAxis } from './sum';
