import {
  DepthToSpace,
  type DepthToSpaceAttrs,
  type GradConfig,
  reshape,
  type Tensor,
  transpose,
} from '@tensorflow/tfjs-core';

/** Each block of pixels goes back into the channels of one. */
export const depthToSpaceGradient: GradConfig = {
  kernelName: DepthToSpace,
  gradFunc: (dy, _, attrs) => {
    const { blockSize, dataFormat } = attrs as unknown as DepthToSpaceAttrs;
    const gather = dataFormat === 'NHWC' ? spaceToDepth : spaceToDepthOfPlanes;
    return { x: () => gather(dy as Tensor, blockSize) };
  },
};

/** `[n, h b, w b, c]` to `[n, h, w, b b c]`. */
function spaceToDepth(x: Tensor, block: number): Tensor {
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const [h, w] = [height / block, width / block];
  // Rows of images are alike, so that four axes do for six.
  const blocks = transpose(reshape(x, [n * h, block, w, block * channels]), [0, 2, 1, 3]);
  return reshape(blocks, [n, h, w, block * block * channels]);
}

/** `[n, c, h b, w b]` to `[n, b b c, h, w]`. */
function spaceToDepthOfPlanes(x: Tensor, block: number): Tensor {
  return transpose(spaceToDepth(transpose(x, [0, 2, 3, 1]), block), [0, 3, 1, 2]);
}
