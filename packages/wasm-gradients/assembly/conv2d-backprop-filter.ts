// The filter gradient of a 2-D convolution, and aᵀb as the 1x1 case:
//
//   dw[fh, fw, i, o] = Σ over n, oh, ow of  x[n, oh*sh + fh*dh - top, ow*sw + fw*dw - left, i] * dy[n, oh, ow, o]
//
// In channels-last layout both operands of that outer product are contiguous in their channels, so neither is copied or
// transposed. Each block of pixels is summed from zero in registers before it is added to dw: two-level summation keeps
// the rounding error of millions of terms near that of a few hundred.

/** Pixels summed in registers before they are added to dw; few enough that the block's rows stay in the L1 cache. */
const BLOCK: i32 = 64;

/** out[i, o] += Σ over a rows x cols grid of pixels of x[pixel, i] * dy[pixel, o], for i < m and begin <= o < end. */
function addOuterProducts(
  x: usize,
  xRow: usize,
  xCol: usize,
  dy: usize,
  dyRow: usize,
  dyCol: usize,
  rows: i32,
  cols: i32,
  m: i32,
  begin: i32,
  end: i32,
  out: usize,
  outRow: usize,
): void {
  let o = begin;
  for (; o + 8 <= end; o += 8) {
    const dyO = dy + ((<usize>o) << 2);
    const outO = out + ((<usize>o) << 2);
    let i = 0;
    for (; i + 4 <= m; i += 4) {
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let b0 = a0;
      let b1 = a0;
      let c0 = a0;
      let c1 = a0;
      let d0 = a0;
      let d1 = a0;
      let xr = x + ((<usize>i) << 2);
      let yr = dyO;
      for (let r = 0; r < rows; ++r) {
        let xp = xr;
        let yp = yr;
        for (let k = 0; k < cols; ++k) {
          const y0 = v128.load(yp);
          const y1 = v128.load(yp, 16);
          let s = v128.load32_splat(xp);
          a0 = f32x4.add(a0, f32x4.mul(s, y0));
          a1 = f32x4.add(a1, f32x4.mul(s, y1));
          s = v128.load32_splat(xp, 4);
          b0 = f32x4.add(b0, f32x4.mul(s, y0));
          b1 = f32x4.add(b1, f32x4.mul(s, y1));
          s = v128.load32_splat(xp, 8);
          c0 = f32x4.add(c0, f32x4.mul(s, y0));
          c1 = f32x4.add(c1, f32x4.mul(s, y1));
          s = v128.load32_splat(xp, 12);
          d0 = f32x4.add(d0, f32x4.mul(s, y0));
          d1 = f32x4.add(d1, f32x4.mul(s, y1));
          xp += xCol;
          yp += dyCol;
        }
        xr += xRow;
        yr += dyRow;
      }
      let w = outO + <usize>i * outRow;
      v128.store(w, f32x4.add(v128.load(w), a0));
      v128.store(w, f32x4.add(v128.load(w, 16), a1), 16);
      w += outRow;
      v128.store(w, f32x4.add(v128.load(w), b0));
      v128.store(w, f32x4.add(v128.load(w, 16), b1), 16);
      w += outRow;
      v128.store(w, f32x4.add(v128.load(w), c0));
      v128.store(w, f32x4.add(v128.load(w, 16), c1), 16);
      w += outRow;
      v128.store(w, f32x4.add(v128.load(w), d0));
      v128.store(w, f32x4.add(v128.load(w, 16), d1), 16);
    }
    for (; i < m; ++i) {
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let xr = x + ((<usize>i) << 2);
      let yr = dyO;
      for (let r = 0; r < rows; ++r) {
        let xp = xr;
        let yp = yr;
        for (let k = 0; k < cols; ++k) {
          const s = v128.load32_splat(xp);
          a0 = f32x4.add(a0, f32x4.mul(s, v128.load(yp)));
          a1 = f32x4.add(a1, f32x4.mul(s, v128.load(yp, 16)));
          xp += xCol;
          yp += dyCol;
        }
        xr += xRow;
        yr += dyRow;
      }
      const w = outO + <usize>i * outRow;
      v128.store(w, f32x4.add(v128.load(w), a0));
      v128.store(w, f32x4.add(v128.load(w, 16), a1), 16);
    }
  }
  // Columns that do not fill a vector: the roles swap, four rows of dw are summed at once.
  for (; o < end; ++o) {
    const dyO = dy + ((<usize>o) << 2);
    const outO = out + ((<usize>o) << 2);
    let i = 0;
    for (; i + 4 <= m; i += 4) {
      let a = f32x4.splat(0);
      let xr = x + ((<usize>i) << 2);
      let yr = dyO;
      for (let r = 0; r < rows; ++r) {
        let xp = xr;
        let yp = yr;
        for (let k = 0; k < cols; ++k) {
          a = f32x4.add(a, f32x4.mul(v128.load(xp), v128.load32_splat(yp)));
          xp += xCol;
          yp += dyCol;
        }
        xr += xRow;
        yr += dyRow;
      }
      let w = outO + <usize>i * outRow;
      store<f32>(w, load<f32>(w) + f32x4.extract_lane(a, 0));
      w += outRow;
      store<f32>(w, load<f32>(w) + f32x4.extract_lane(a, 1));
      w += outRow;
      store<f32>(w, load<f32>(w) + f32x4.extract_lane(a, 2));
      w += outRow;
      store<f32>(w, load<f32>(w) + f32x4.extract_lane(a, 3));
    }
    for (; i < m; ++i) {
      let a: f32 = 0;
      let xr = x + ((<usize>i) << 2);
      let yr = dyO;
      for (let r = 0; r < rows; ++r) {
        let xp = xr;
        let yp = yr;
        for (let k = 0; k < cols; ++k) {
          a += load<f32>(xp) * load<f32>(yp);
          xp += xCol;
          yp += dyCol;
        }
        xr += xRow;
        yr += dyRow;
      }
      const w = outO + <usize>i * outRow;
      store<f32>(w, load<f32>(w) + a);
    }
  }
}

/** The first output position whose input position, out*stride + offset, is at least 0. */
// @ts-expect-error: decorator
export function firstInside(offset: i32, stride: i32): i32 {
  return offset >= 0 ? 0 : (stride - 1 - offset) / stride;
}

/** One past the last output position, at most `size`, whose input position out*stride + offset is below `limit`. */
// @ts-expect-error: decorator
export function endInside(offset: i32, stride: i32, limit: i32, size: i32): i32 {
  const room = limit - 1 - offset;
  return room < 0 ? 0 : min(size, room / stride + 1);
}

/** Output channels begin <= o < end of dw [fh, fw, ci, co]; begin a multiple of 8. */
export function conv2dBackpropFilter(
  x: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  h: i32,
  w: i32,
  ci: i32,
  ho: i32,
  wo: i32,
  co: i32,
  fhs: i32,
  fws: i32,
  strideH: i32,
  strideW: i32,
  dilationH: i32,
  dilationW: i32,
  top: i32,
  left: i32,
  begin: i32,
  end: i32,
): void {
  const outRow = (<usize>co) << 2;
  for (let r = 0, rows = fhs * fws * ci; r < rows; ++r) {
    memory.fill(dw + <usize>r * outRow + ((<usize>begin) << 2), 0, (<usize>(end - begin)) << 2);
  }
  const xPixel = (<usize>ci) << 2;
  const xCol = xPixel * <usize>strideW;
  const xRow = xPixel * <usize>(w * strideH);
  const dyCol = (<usize>co) << 2;
  const dyRow = dyCol * <usize>wo;
  const colsPerBlock = min(wo, BLOCK);
  const rowsPerBlock = max(1, BLOCK / colsPerBlock);

  // Where few input channels would leave vectors unfilled, the taps of one filter row are taken together: without
  // dilation x[.., fw, i] is contiguous in (fw, i). Only pixels that all those taps fall inside of can do so.
  const together = dilationW === 1 && (ci & 3) !== 0 && fws > 1;
  const togetherLo = together ? firstInside(-left, strideW) : 0;
  const togetherHi = together ? max(togetherLo, endInside(fws - 1 - left, strideW, w, wo)) : 0;

  for (let n = 0; n < batch; ++n) {
    const xImage = x + <usize>n * <usize>h * <usize>w * xPixel;
    const dyImage = dy + <usize>n * <usize>ho * dyRow;
    for (let oh0 = 0; oh0 < ho; oh0 += rowsPerBlock) {
      const oh1 = min(ho, oh0 + rowsPerBlock);
      for (let ow0 = 0; ow0 < wo; ow0 += colsPerBlock) {
        const ow1 = min(wo, ow0 + colsPerBlock);
        for (let fh = 0; fh < fhs; ++fh) {
          const offsetH = fh * dilationH - top;
          const rowLo = max(oh0, firstInside(offsetH, strideH));
          const rowHi = min(oh1, endInside(offsetH, strideH, h, ho));
          if (rowLo >= rowHi) continue;
          const xRows = xImage + <usize>(rowLo * strideH + offsetH) * <usize>w * xPixel;
          const dyRows = dyImage + <usize>rowLo * dyRow;
          const dwRow = dw + <usize>(fh * fws * ci) * outRow;
          const midLo = max(ow0, togetherLo);
          const midHi = min(ow1, togetherHi);
          if (midLo < midHi) {
            addOuterProducts(
              xRows + <usize>(midLo * strideW - left) * xPixel,
              xRow,
              xCol,
              dyRows + <usize>midLo * dyCol,
              dyRow,
              dyCol,
              rowHi - rowLo,
              midHi - midLo,
              fws * ci,
              begin,
              end,
              dwRow,
              outRow,
            );
          }
          for (let fw = 0; fw < fws; ++fw) {
            const offsetW = fw * dilationW - left;
            const colLo = max(ow0, firstInside(offsetW, strideW));
            const colHi = min(ow1, endInside(offsetW, strideW, w, wo));
            const dwTap = dwRow + <usize>(fw * ci) * outRow;
            const split = midLo < midHi;
            const beforeHi = split ? min(colHi, midLo) : colHi;
            if (colLo < beforeHi) {
              addOuterProducts(
                xRows + <usize>(colLo * strideW + offsetW) * xPixel,
                xRow,
                xCol,
                dyRows + <usize>colLo * dyCol,
                dyRow,
                dyCol,
                rowHi - rowLo,
                beforeHi - colLo,
                ci,
                begin,
                end,
                dwTap,
                outRow,
              );
            }
            if (!split) continue;
            const afterLo = max(colLo, midHi);
            if (afterLo < colHi) {
              addOuterProducts(
                xRows + <usize>(afterLo * strideW + offsetW) * xPixel,
                xRow,
                xCol,
                dyRows + <usize>afterLo * dyCol,
                dyRow,
                dyCol,
                rowHi - rowLo,
                colHi - afterLo,
                ci,
                begin,
                end,
                dwTap,
                outRow,
              );
            }
          }
        }
      }
    }
  }
}
