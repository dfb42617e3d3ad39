// Gradients of pooling over [n, h, w, c]; images begin <= n < end.

/**
 * The gradient of each window goes to its first maximum, scanning the window row by row; a window without any value
 * above -Infinity (all NaN, say) gives none. Both as tfjs-backend-cpu does.
 */
export function maxPoolGrad(
  x: usize,
  dy: usize,
  dx: usize,
  h: i32,
  w: i32,
  c: i32,
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
  const pixel = (<usize>c) << 2;
  const row = pixel * <usize>w;
  const stepH = row * <usize>dilationH;
  const stepW = pixel * <usize>dilationW;
  for (let n = begin; n < end; ++n) {
    const image = <usize>(n * h) * row;
    memory.fill(dx + image, 0, <usize>h * row);
    for (let oh = 0; oh < ho; ++oh) {
      let h0 = oh * strideH - top;
      const hEnd = min(h, h0 + (fhs - 1) * dilationH + 1);
      while (h0 < 0) h0 += dilationH;
      for (let ow = 0; ow < wo; ++ow) {
        let w0 = ow * strideW - left;
        const wEnd = min(w, w0 + (fws - 1) * dilationW + 1);
        while (w0 < 0) w0 += dilationW;
        const corner = image + <usize>(h0 * w + w0) * pixel;
        const out = dy + <usize>((n * ho + oh) * wo + ow) * pixel;
        let i: usize = 0;
        for (; i + 16 <= pixel; i += 16) {
          let best = f32x4.splat(-Infinity);
          let where = i32x4.splat(-1);
          let tapRow = corner + i;
          let tap = 0;
          for (let ih = h0; ih < hEnd; ih += dilationH) {
            let at = tapRow;
            for (let iw = w0; iw < wEnd; iw += dilationW) {
              const value = v128.load(x + at);
              const better = f32x4.gt(value, best);
              best = v128.bitselect(value, best, better);
              where = v128.bitselect(i32x4.splat(tap), where, better);
              at += stepW;
              ++tap;
            }
            tapRow += stepH;
          }
          const gradient = v128.load(out + i);
          tapRow = corner + i;
          tap = 0;
          for (let ih = h0; ih < hEnd; ih += dilationH) {
            let at = tapRow;
            for (let iw = w0; iw < wEnd; iw += dilationW) {
              const mine = v128.and(gradient, i32x4.eq(where, i32x4.splat(tap)));
              v128.store(dx + at, f32x4.add(v128.load(dx + at), mine));
              at += stepW;
              ++tap;
            }
            tapRow += stepH;
          }
        }
        for (; i < pixel; i += 4) {
          let best: f32 = -Infinity;
          let where: usize = 0;
          let found = false;
          let tapRow = corner + i;
          for (let ih = h0; ih < hEnd; ih += dilationH) {
            let at = tapRow;
            for (let iw = w0; iw < wEnd; iw += dilationW) {
              const value = load<f32>(x + at);
              if (value > best) {
                best = value;
                where = at;
                found = true;
              }
              at += stepW;
            }
            tapRow += stepH;
          }
          if (found) store<f32>(dx + where, load<f32>(dx + where) + load<f32>(out + i));
        }
      }
    }
  }
}

/** Each window's gradient, spread evenly over the pixels the forward pass averaged: those inside the image. */
export function avgPoolGrad(
  dy: usize,
  dx: usize,
  h: i32,
  w: i32,
  c: i32,
  ho: i32,
  wo: i32,
  fhs: i32,
  fws: i32,
  strideH: i32,
  strideW: i32,
  top: i32,
  left: i32,
  begin: i32,
  end: i32,
): void {
  const pixel = (<usize>c) << 2;
  const row = pixel * <usize>w;
  for (let n = begin; n < end; ++n) {
    const image = dx + <usize>(n * h) * row;
    memory.fill(image, 0, <usize>h * row);
    for (let oh = 0; oh < ho; ++oh) {
      const h0 = max(0, oh * strideH - top);
      const h1 = min(h, oh * strideH - top + fhs);
      for (let ow = 0; ow < wo; ++ow) {
        const w0 = max(0, ow * strideW - left);
        const w1 = min(w, ow * strideW - left + fws);
        if (h0 >= h1 || w0 >= w1) continue;
        const share: f32 = 1 / <f32>((h1 - h0) * (w1 - w0));
        const out = dy + <usize>((n * ho + oh) * wo + ow) * pixel;
        let i: usize = 0;
        for (; i + 16 <= pixel; i += 16) {
          const part = f32x4.mul(v128.load(out + i), f32x4.splat(share));
          for (let ih = h0; ih < h1; ++ih) {
            let at = image + <usize>(ih * w + w0) * pixel + i;
            for (let iw = w0; iw < w1; ++iw) {
              v128.store(at, f32x4.add(v128.load(at), part));
              at += pixel;
            }
          }
        }
        for (; i < pixel; i += 4) {
          const part = load<f32>(out + i) * share;
          for (let ih = h0; ih < h1; ++ih) {
            let at = image + <usize>(ih * w + w0) * pixel + i;
            for (let iw = w0; iw < w1; ++iw) {
              store<f32>(at, load<f32>(at) + part);
              at += pixel;
            }
          }
        }
      }
    }
  }
}
