// Sums in double precision.

/**
 * out[o, i] = scale * Σ over r of x[o, r, i], x [outer, reduce, inner], columns begin <= i < end or,
 * where there is one column, begin <= o < end.
 */
export function sumAxis(
  x: usize,
  out: usize,
  outer: i32,
  reduce: i32,
  inner: i32,
  scale: f64,
  begin: i32,
  end: i32,
): void {
  if (inner === 1) {
    for (let o = begin; o < end; ++o) {
      store<f32>(out + ((<usize>o) << 2), <f32>(scale * sumRow(x + ((<usize>o * <usize>reduce) << 2), reduce)));
    }
    return;
  }
  const row = (<usize>inner) << 2;
  for (let o = 0; o < outer; ++o) {
    const xo = x + <usize>o * <usize>reduce * row;
    const to = out + <usize>o * row;
    let i = begin;
    // Sixteen columns at once: one cache line of each row is read once.
    for (; i + 16 <= end; i += 16) {
      let a = f64x2.splat(0);
      let b = a;
      let c = a;
      let d = a;
      let e = a;
      let f = a;
      let g = a;
      let h = a;
      let p = xo + ((<usize>i) << 2);
      for (let r = 0; r < reduce; ++r) {
        a = f64x2.add(a, f64x2.promote_low_f32x4(v128.load64_zero(p)));
        b = f64x2.add(b, f64x2.promote_low_f32x4(v128.load64_zero(p, 8)));
        c = f64x2.add(c, f64x2.promote_low_f32x4(v128.load64_zero(p, 16)));
        d = f64x2.add(d, f64x2.promote_low_f32x4(v128.load64_zero(p, 24)));
        e = f64x2.add(e, f64x2.promote_low_f32x4(v128.load64_zero(p, 32)));
        f = f64x2.add(f, f64x2.promote_low_f32x4(v128.load64_zero(p, 40)));
        g = f64x2.add(g, f64x2.promote_low_f32x4(v128.load64_zero(p, 48)));
        h = f64x2.add(h, f64x2.promote_low_f32x4(v128.load64_zero(p, 56)));
        p += row;
      }
      const q = to + ((<usize>i) << 2);
      const s = f64x2.splat(scale);
      storePair(q, f64x2.mul(a, s));
      storePair(q + 8, f64x2.mul(b, s));
      storePair(q + 16, f64x2.mul(c, s));
      storePair(q + 24, f64x2.mul(d, s));
      storePair(q + 32, f64x2.mul(e, s));
      storePair(q + 40, f64x2.mul(f, s));
      storePair(q + 48, f64x2.mul(g, s));
      storePair(q + 56, f64x2.mul(h, s));
    }
    for (; i < end; ++i) {
      let a: f64 = 0;
      let p = xo + ((<usize>i) << 2);
      for (let r = 0; r < reduce; ++r) {
        a += <f64>load<f32>(p);
        p += row;
      }
      store<f32>(to + ((<usize>i) << 2), <f32>(a * scale));
    }
  }
}

// @ts-expect-error: decorator
function storePair(at: usize, pair: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(pair), 0);
}

function sumRow(x: usize, count: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let p = x;
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    a = f64x2.add(a, f64x2.promote_low_f32x4(v128.load64_zero(p)));
    b = f64x2.add(b, f64x2.promote_low_f32x4(v128.load64_zero(p, 8)));
    c = f64x2.add(c, f64x2.promote_low_f32x4(v128.load64_zero(p, 16)));
    d = f64x2.add(d, f64x2.promote_low_f32x4(v128.load64_zero(p, 24)));
    p += 32;
  }
  a = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  let total = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (; i < count; ++i) {
    total += <f64>load<f32>(p);
    p += 4;
  }
  return total;
}

/** out[segment[r], i] += x[r, i] on int32 (`integer`) or float32 rows; segments outside 0..segments-1 are dropped. */
export function segmentSum(
  x: usize,
  segmentIds: usize,
  out: usize,
  rows: i32,
  inner: i32,
  segments: i32,
  integer: bool,
): void {
  memory.fill(out, 0, (<usize>segments * <usize>inner) << 2);
  for (let r = 0; r < rows; ++r) {
    const segment = load<i32>(segmentIds + ((<usize>r) << 2));
    if (segment < 0 || segment >= segments) continue;
    let p = x + ((<usize>r * <usize>inner) << 2);
    let q = out + ((<usize>segment * <usize>inner) << 2);
    for (let i = 0; i < inner; ++i) {
      if (integer) store<i32>(q, load<i32>(q) + load<i32>(p));
      else store<f32>(q, load<f32>(q) + load<f32>(p));
      p += 4;
      q += 4;
    }
  }
}
