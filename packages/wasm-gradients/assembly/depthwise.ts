// Gradients of a depthwise convolution, [n, h, w, c] with filters [fh, fw, c, multiplier].

import { endInside, firstInside } from './conv2d-backprop-filter';

/** dw[fh, fw, c, m] = Σ x[.., c] * dy[.., c * multiplier + m], channels begin <= c < end. */
export function depthwiseBackpropFilter(
  x: usize,
  dy: usize,
  dw: usize,
  batch: i32,
  h: i32,
  w: i32,
  c: i32,
  multiplier: i32,
  ho: i32,
  wo: i32,
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
  const co = c * multiplier;
  const xPixel = (<usize>c) << 2;
  const dyPixel = (<usize>co) << 2;
  const xCol = xPixel * <usize>strideW;
  for (let tap = 0; tap < fhs * fws; ++tap) {
    memory.fill(dw + ((<usize>(tap * co + begin * multiplier)) << 2), 0, (<usize>((end - begin) * multiplier)) << 2);
  }
  for (let n = 0; n < batch; ++n) {
    for (let oh = 0; oh < ho; ++oh) {
      const dyRow = dy + <usize>((n * ho + oh) * wo) * dyPixel;
      for (let fh = 0; fh < fhs; ++fh) {
        const ih = oh * strideH + fh * dilationH - top;
        if (ih < 0 || ih >= h) continue;
        const xRow = x + <usize>((n * h + ih) * w) * xPixel;
        for (let fw = 0; fw < fws; ++fw) {
          const offset = fw * dilationW - left;
          const lo = firstInside(offset, strideW);
          const cols = endInside(offset, strideW, w, wo) - lo;
          if (cols <= 0) continue;
          const xs = xRow + <usize>(lo * strideW + offset) * xPixel;
          const dys = dyRow + <usize>lo * dyPixel;
          const tap = dw + ((<usize>((fh * fws + fw) * co)) << 2);
          if (multiplier === 1) {
            let i = begin;
            for (; i + 8 <= end; i += 8) {
              const at = (<usize>i) << 2;
              let a0 = f32x4.splat(0);
              let a1 = a0;
              let xp = xs + at;
              let yp = dys + at;
              for (let k = 0; k < cols; ++k) {
                a0 = f32x4.add(a0, f32x4.mul(v128.load(xp), v128.load(yp)));
                a1 = f32x4.add(a1, f32x4.mul(v128.load(xp, 16), v128.load(yp, 16)));
                xp += xCol;
                yp += dyPixel;
              }
              const q = tap + at;
              v128.store(q, f32x4.add(v128.load(q), a0));
              v128.store(q, f32x4.add(v128.load(q, 16), a1), 16);
            }
            for (; i < end; ++i) addProducts(xs, xCol, i, dys, dyPixel, i, cols, tap);
          } else {
            for (let i = begin; i < end; ++i) {
              for (let m = 0; m < multiplier; ++m) {
                addProducts(xs, xCol, i, dys, dyPixel, i * multiplier + m, cols, tap);
              }
            }
          }
        }
      }
    }
  }
}

// @ts-expect-error: decorator
function addProducts(x: usize, xCol: usize, i: i32, dy: usize, dyCol: usize, o: i32, cols: i32, out: usize): void {
  let a: f32 = 0;
  let xp = x + ((<usize>i) << 2);
  let yp = dy + ((<usize>o) << 2);
  for (let k = 0; k < cols; ++k) {
    a += load<f32>(xp) * load<f32>(yp);
    xp += xCol;
    yp += dyCol;
  }
  const q = out + ((<usize>o) << 2);
  store<f32>(q, load<f32>(q) + a);
}

/** dx [batch, h, w, c] for images begin <= n < end: each input pixel gathers from the outputs it went into. */
export function depthwiseBackpropInput(
  dy: usize,
  filter: usize,
  dx: usize,
  h: i32,
  w: i32,
  c: i32,
  multiplier: i32,
  ho: i32,
  wo: i32,
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
  const co = c * multiplier;
  const xPixel = (<usize>c) << 2;
  const dyPixel = (<usize>co) << 2;
  const dxCol = xPixel * <usize>strideW;
  for (let n = begin; n < end; ++n) {
    memory.fill(dx + <usize>(n * h * w) * xPixel, 0, <usize>(h * w) * xPixel);
    for (let oh = 0; oh < ho; ++oh) {
      const dyRow = dy + <usize>((n * ho + oh) * wo) * dyPixel;
      for (let fh = 0; fh < fhs; ++fh) {
        const ih = oh * strideH + fh * dilationH - top;
        if (ih < 0 || ih >= h) continue;
        const dxRow = dx + <usize>((n * h + ih) * w) * xPixel;
        for (let fw = 0; fw < fws; ++fw) {
          const offset = fw * dilationW - left;
          const lo = firstInside(offset, strideW);
          const cols = endInside(offset, strideW, w, wo) - lo;
          if (cols <= 0) continue;
          const dxs = dxRow + <usize>(lo * strideW + offset) * xPixel;
          const dys = dyRow + <usize>lo * dyPixel;
          const tap = filter + ((<usize>((fh * fws + fw) * co)) << 2);
          let i = 0;
          if (multiplier === 1) {
            for (; i + 4 <= c; i += 4) {
              const at = (<usize>i) << 2;
              const f = v128.load(tap + at);
              let xp = dxs + at;
              let yp = dys + at;
              for (let k = 0; k < cols; ++k) {
                v128.store(xp, f32x4.add(v128.load(xp), f32x4.mul(v128.load(yp), f)));
                xp += dxCol;
                yp += dyPixel;
              }
            }
          }
          for (; i < c; ++i) {
            for (let m = 0; m < multiplier; ++m) {
              const o = i * multiplier + m;
              const f = load<f32>(tap + ((<usize>o) << 2));
              let xp = dxs + ((<usize>i) << 2);
              let yp = dys + ((<usize>o) << 2);
              for (let k = 0; k < cols; ++k) {
                store<f32>(xp, load<f32>(xp) + load<f32>(yp) * f);
                xp += dxCol;
                yp += dyPixel;
              }
            }
          }
        }
      }
    }
  }
}
