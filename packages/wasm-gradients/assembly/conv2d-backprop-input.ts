// The two reshufflings that turn an input gradient of any stride into one convolution of stride 1.

/**
 * The filter of that convolution: for each phase (rh, rw) of the stride the taps that reach input positions of that
 * phase, flipped, input and output channels swapped. Tap j of phase r is w[k] with k = k0[r] + stride * (t[r] - j);
 * `kH[rh * jhs + jh]` (int32, -1 where there is none) lists them.
 *
 * w [fh, fw, ci, co] to out [jh, jw, co, strideH * strideW * ci]
 */
export function phaseFilter(
  w: usize,
  out: usize,
  kH: usize,
  kW: usize,
  jhs: i32,
  jws: i32,
  strideH: i32,
  strideW: i32,
  fws: i32,
  ci: i32,
  co: i32,
): void {
  const phases = strideH * strideW;
  const outRow = (<usize>(phases * ci)) << 2;
  for (let jh = 0; jh < jhs; ++jh) {
    for (let jw = 0; jw < jws; ++jw) {
      const tap = out + <usize>(jh * jws + jw) * <usize>co * outRow;
      for (let rh = 0; rh < strideH; ++rh) {
        const fh = load<i32>(kH + ((<usize>(rh * jhs + jh)) << 2));
        for (let rw = 0; rw < strideW; ++rw) {
          const fw = load<i32>(kW + ((<usize>(rw * jws + jw)) << 2));
          const phase = tap + ((<usize>((rh * strideW + rw) * ci)) << 2);
          if (fh < 0 || fw < 0) {
            for (let o = 0; o < co; ++o) memory.fill(phase + <usize>o * outRow, 0, (<usize>ci) << 2);
          } else {
            transposeBlock(w + ((<usize>((fh * fws + fw) * ci * co)) << 2), phase, ci, co, (<usize>co) << 2, outRow);
          }
        }
      }
    }
  }
}

/** src [batch, qh, qw, strideH * strideW * c], images begin <= n < end, to dst [batch, h, w, c]; what is outside h, w is dropped. */
export function depthToSpace(
  src: usize,
  dst: usize,
  qh: i32,
  qw: i32,
  strideH: i32,
  strideW: i32,
  c: i32,
  h: i32,
  w: i32,
  begin: i32,
  end: i32,
): void {
  const bytes = (<usize>c) << 2;
  const srcPixel = bytes * <usize>(strideH * strideW);
  for (let n = begin; n < end; ++n) {
    for (let ih = 0; ih < h; ++ih) {
      const srcRow = src + <usize>((n * qh + ih / strideH) * qw) * srcPixel + <usize>((ih % strideH) * strideW) * bytes;
      let to = dst + <usize>((n * h + ih) * w) * bytes;
      if (strideH === 1 && strideW === 1) {
        memory.copy(to, srcRow, bytes * <usize>w);
        continue;
      }
      for (let iw = 0; iw < w; ++iw) {
        let from = srcRow + <usize>(iw / strideW) * srcPixel + <usize>(iw % strideW) * bytes;
        let i = 0;
        for (; i + 4 <= c; i += 4) {
          v128.store(to, v128.load(from));
          to += 16;
          from += 16;
        }
        for (; i < c; ++i) {
          store<f32>(to, load<f32>(from));
          to += 4;
          from += 4;
        }
      }
    }
  }
}

/** dst[j, i] = src[i, j] for i < rows, j < cols, each row `srcRow` / `dstRow` bytes apart. */
export function transposeBlock(src: usize, dst: usize, rows: i32, cols: i32, srcRow: usize, dstRow: usize): void {
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    const s = src + <usize>i * srcRow;
    const d = dst + ((<usize>i) << 2);
    let j = 0;
    for (; j + 4 <= cols; j += 4) {
      let p = s + ((<usize>j) << 2);
      const a = v128.load(p);
      p += srcRow;
      const b = v128.load(p);
      p += srcRow;
      const c = v128.load(p);
      p += srcRow;
      const e = v128.load(p);
      const ab0 = i32x4.shuffle(a, b, 0, 4, 1, 5);
      const ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const ce0 = i32x4.shuffle(c, e, 0, 4, 1, 5);
      const ce1 = i32x4.shuffle(c, e, 2, 6, 3, 7);
      let q = d + <usize>j * dstRow;
      v128.store(q, i64x2.shuffle(ab0, ce0, 0, 2));
      q += dstRow;
      v128.store(q, i64x2.shuffle(ab0, ce0, 1, 3));
      q += dstRow;
      v128.store(q, i64x2.shuffle(ab1, ce1, 0, 2));
      q += dstRow;
      v128.store(q, i64x2.shuffle(ab1, ce1, 1, 3));
    }
    for (; j < cols; ++j) {
      const q = d + <usize>j * dstRow;
      const p = s + ((<usize>j) << 2);
      store<f32>(q, load<f32>(p));
      store<f32>(q, load<f32>(p + srcRow), 4);
      store<f32>(q, load<f32>(p + 2 * srcRow), 8);
      store<f32>(q, load<f32>(p + 3 * srcRow), 12);
    }
  }
  for (; i < rows; ++i) {
    for (let j = 0; j < cols; ++j) {
      store<f32>(dst + <usize>j * dstRow + ((<usize>i) << 2), load<f32>(src + <usize>i * srcRow + ((<usize>j) << 2)));
    }
  }
}
