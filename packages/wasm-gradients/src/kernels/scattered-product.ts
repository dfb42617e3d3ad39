import { simdOf } from '../simd.ts';
import { addressOf, withScratch } from '../wasm-backend.ts';
import { type InputGradient, type Plan, roundUpToTile } from './input-gradient.ts';
import { weightsOfFilter } from './weights-of-filter.ts';
import { xnnpackProduct } from './xnnpack-product.ts';

/** Adding up one number of the product takes as long as this many multiplications. Measured, as `CHUNK`. */
const SCATTER = 16;
/** Numbers of the product that are made at a time: what is still in the cache when it is added up. */
const CHUNK = 2 ** 18;

/**
 * The input gradient as a matrix product, of dy with the transposed filter: one row for each output pixel, with what it
 * gives to each input pixel under the filter. The rows are then added up where they overlap.
 *
 * It multiplies nothing but what the convolution has, while the flipped filter also sees the border of dy and is as wide
 * as XNNPACK's tile; so it is ahead where there are few input channels, and without padding.
 */
export function scatteredProduct(gradient: InputGradient): Plan {
  const { batch, height, width, inChannels, outHeight, outWidth, outChannels } = gradient;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padTop, padLeft } = gradient;
  const pixels = outHeight * outWidth;
  const reach = filterHeight * filterWidth * inChannels;
  const images = Math.max(1, Math.min(batch, Math.floor(CHUNK / (pixels * reach))));

  const run: Plan['run'] = (backend, dx) => {
    const simd = simdOf(backend);
    const transposed = weightsOfFilter(
      backend,
      gradient.filter,
      `transposed;${reach}`,
      reach * outChannels,
      (from, to) => simd.transposeBlock(from, to, reach, outChannels, outChannels * 4, reach * 4),
    );
    const [from, to] = [addressOf(backend, gradient.dy), addressOf(backend, dx)];
    withScratch(backend, images * pixels * reach * 4, (columns) => {
      for (let first = 0; first < batch; first += images) {
        const count = Math.min(images, batch - first);
        const dy = from + first * pixels * outChannels * 4;
        xnnpackProduct(backend, dy, transposed, columns, count * pixels, outChannels, reach);
        simd.addColumns(
          columns,
          to + first * height * width * inChannels * 4,
          count,
          outHeight,
          outWidth,
          filterHeight,
          filterWidth,
          strideHeight,
          strideWidth,
          padTop,
          padLeft,
          inChannels,
          height,
          width,
        );
      }
    });
  };
  return { cost: batch * pixels * (outChannels * roundUpToTile(reach) + SCATTER * reach), run };
}
