// One pass over memory where tfjs's gradients take three to seven, and four elements at a time where it takes one; elements
// begin <= i < end.

// What `combineRows` is told to do.
const ADD = 0;
const SUBTRACT = 1;

function fourOf(operation: i32, a: v128, b: v128): v128 {
  if (operation === ADD) return f32x4.add(a, b);
  return operation === SUBTRACT ? f32x4.sub(a, b) : f32x4.mul(a, b);
}

function oneOf(operation: i32, a: f32, b: f32): f32 {
  if (operation === ADD) return a + b;
  return operation === SUBTRACT ? a - b : a * b;
}

/**
 * out[r, i] = the sum (operation 0), the difference (1) or the product (2) of a[r, i] and b[i], rows begin <= r < end of
 * `inner` elements.
 */
export function combineRows(operation: i32, a: usize, b: usize, out: usize, inner: i32, begin: i32, end: i32): void {
  const start = (<usize>begin * <usize>inner) << 2;
  let p = a + start;
  let q = out + start;
  for (let r = begin; r < end; ++r) {
    let i = 0;
    let s = b;
    for (; i + 4 <= inner; i += 4) {
      v128.store(q, fourOf(operation, v128.load(p), v128.load(s)));
      p += 16;
      q += 16;
      s += 16;
    }
    for (; i < inner; ++i) {
      store<f32>(q, oneOf(operation, load<f32>(p), load<f32>(s)));
      p += 4;
      q += 4;
      s += 4;
    }
  }
}

/**
 * out[r, i] = (x[r, i] - mean[i]) * factor[i] + offset[i], but at least `low` and at most `high`, rows begin <= r < end of
 * c channels.
 */
export function normalize(
  x: usize,
  mean: usize,
  factor: usize,
  offset: usize,
  low: f32,
  high: f32,
  out: usize,
  c: i32,
  begin: i32,
  end: i32,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const start = (<usize>begin * <usize>c) << 2;
  let p = x + start;
  let q = out + start;
  for (let r = begin; r < end; ++r) {
    let i = 0;
    for (; i + 4 <= c; i += 4) {
      const at = (<usize>i) << 2;
      const value = f32x4.add(fourDeviations(p, mean + at, factor + at), v128.load(offset + at));
      v128.store(q, fourClipped(value, lows, highs));
      p += 16;
      q += 16;
    }
    for (; i < c; ++i) {
      const at = (<usize>i) << 2;
      const value = oneDeviation(p, mean + at, factor + at) + load<f32>(offset + at);
      store<f32>(q, oneClipped(value, low, high));
      p += 4;
      q += 4;
    }
  }
}

/** By comparisons, as NaN stays NaN with them and minimum and maximum take several instructions each. */
function fourClipped(value: v128, lows: v128, highs: v128): v128 {
  return f32x4.pmin(f32x4.pmax(value, lows), highs);
}

function oneClipped(value: f32, low: f32, high: f32): f32 {
  const atLeast = value < low ? low : value;
  return high < atLeast ? high : atLeast;
}

function fourDeviations(x: usize, mean: usize, factor: usize): v128 {
  return f32x4.mul(f32x4.sub(v128.load(x), v128.load(mean)), v128.load(factor));
}

function oneDeviation(x: usize, mean: usize, factor: usize): f32 {
  return (load<f32>(x) - load<f32>(mean)) * load<f32>(factor);
}

/**
 * out[r, i] = (a[r, i] - aMean[i]) * aFactor[i] + (b[r, i] - bMean[i]) * bFactor[i] + offset[i], but at least `low` and at
 * most `high`, rows begin <= r < end of c channels.
 */
export function addNormalized(
  a: usize,
  aMean: usize,
  aFactor: usize,
  b: usize,
  bMean: usize,
  bFactor: usize,
  offset: usize,
  low: f32,
  high: f32,
  out: usize,
  c: i32,
  begin: i32,
  end: i32,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const start = (<usize>begin * <usize>c) << 2;
  let p = a + start;
  let q = b + start;
  let to = out + start;
  for (let r = begin; r < end; ++r) {
    let i = 0;
    for (; i + 4 <= c; i += 4) {
      const at = (<usize>i) << 2;
      const first = fourDeviations(p, aMean + at, aFactor + at);
      const second = fourDeviations(q, bMean + at, bFactor + at);
      const value = f32x4.add(f32x4.add(first, second), v128.load(offset + at));
      v128.store(to, fourClipped(value, lows, highs));
      p += 16;
      q += 16;
      to += 16;
    }
    for (; i < c; ++i) {
      const at = (<usize>i) << 2;
      const first = oneDeviation(p, aMean + at, aFactor + at);
      const second = oneDeviation(q, bMean + at, bFactor + at);
      const value = first + second + load<f32>(offset + at);
      store<f32>(to, oneClipped(value, low, high));
      p += 4;
      q += 4;
      to += 4;
    }
  }
}

/** All ones where a value is inside (low, high] or, if `closed`, [low, high]; else 0. */
export function fourInside(value: v128, lows: v128, highs: v128, closed: bool): v128 {
  const above = closed ? f32x4.ge(value, lows) : f32x4.gt(value, lows);
  return v128.and(above, f32x4.le(value, highs));
}

export function oneInside(value: f32, low: f32, high: f32, closed: bool): bool {
  return (closed ? value >= low : value > low) && value <= high;
}

/**
 * out[r, i] = a[r, i] * factor[i] + (b[r, i] - bMean[i]) * bFactor[i] + offset[i] with 0 for a[r, i] where
 * (x[r, i] - mean[i]) * xFactor[i] + xOffset[i] is not inside (low, high] or, if `closed`, [low, high]; without b where
 * that is 0. Rows begin <= r < end of c channels.
 */
export function addGated(
  a: usize,
  factor: usize,
  x: usize,
  mean: usize,
  xFactor: usize,
  xOffset: usize,
  low: f32,
  high: f32,
  closed: bool,
  b: usize,
  bMean: usize,
  bFactor: usize,
  offset: usize,
  out: usize,
  c: i32,
  begin: i32,
  end: i32,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const row = (<usize>c) << 2;
  for (let r = begin; r < end; ++r) {
    const start = <usize>r * row;
    let i = 0;
    for (; i + 4 <= c; i += 4) {
      const at = (<usize>i) << 2;
      const value = f32x4.add(fourDeviations(x + start + at, mean + at, xFactor + at), v128.load(xOffset + at));
      const through = v128.and(v128.load(a + start + at), fourInside(value, lows, highs, closed));
      let sum = f32x4.add(f32x4.mul(through, v128.load(factor + at)), v128.load(offset + at));
      if (b !== 0) sum = f32x4.add(sum, fourDeviations(b + start + at, bMean + at, bFactor + at));
      v128.store(out + start + at, sum);
    }
    for (; i < c; ++i) {
      const at = (<usize>i) << 2;
      const value = oneDeviation(x + start + at, mean + at, xFactor + at) + load<f32>(xOffset + at);
      const through = oneInside(value, low, high, closed) ? load<f32>(a + start + at) : 0;
      let sum = through * load<f32>(factor + at) + load<f32>(offset + at);
      if (b !== 0) sum += oneDeviation(b + start + at, bMean + at, bFactor + at);
      store<f32>(out + start + at, sum);
    }
  }
}

/**
 * dx = dy where x is inside (low, high] or, if `closed`, [low, high]; slope * dy elsewhere. The gradient of ReLU,
 * ReLU6, leaky ReLU and of clipping.
 */
export function gateGrad(
  dy: usize,
  x: usize,
  dx: usize,
  low: f32,
  high: f32,
  closed: bool,
  slope: f32,
  begin: i32,
  end: i32,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const slopes = f32x4.splat(slope);
  let i = begin;
  for (; i + 4 <= end; i += 4) {
    const at = (<usize>i) << 2;
    const value = v128.load(x + at);
    const gradient = v128.load(dy + at);
    const inside = fourInside(value, lows, highs, closed);
    v128.store(dx + at, v128.bitselect(gradient, f32x4.mul(gradient, slopes), inside));
  }
  for (; i < end; ++i) {
    const at = (<usize>i) << 2;
    const value = load<f32>(x + at);
    const gradient = load<f32>(dy + at);
    store<f32>(dx + at, oneInside(value, low, high, closed) ? gradient : gradient * slope);
  }
}

/** out = x, but at least `low` and at most `high`; NaN stays NaN. */
export function clip(x: usize, out: usize, low: f32, high: f32, begin: i32, end: i32): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  let i = begin;
  for (; i + 4 <= end; i += 4) {
    const at = (<usize>i) << 2;
    v128.store(out + at, fourClipped(v128.load(x + at), lows, highs));
  }
  for (; i < end; ++i) {
    const at = (<usize>i) << 2;
    store<f32>(out + at, oneClipped(load<f32>(x + at), low, high));
  }
}

/** out = factor * a * b */
export function scaledProduct(a: usize, b: usize, out: usize, factor: f32, begin: i32, end: i32): void {
  const factors = f32x4.splat(factor);
  let i = begin;
  for (; i + 4 <= end; i += 4) {
    const at = (<usize>i) << 2;
    v128.store(out + at, f32x4.mul(f32x4.mul(v128.load(a + at), factors), v128.load(b + at)));
  }
  for (; i < end; ++i) {
    const at = (<usize>i) << 2;
    store<f32>(out + at, load<f32>(a + at) * factor * load<f32>(b + at));
  }
}

/** out[o, r, i] = scale * x[o, i], o = k / reduced and r = k % reduced for begin <= k < end. */
export function spread(x: usize, out: usize, reduced: i32, inner: i32, scale: f32, begin: i32, end: i32): void {
  const scales = f32x4.splat(scale);
  let q = out + ((<usize>begin * <usize>inner) << 2);
  for (let k = begin; k < end; ) {
    const o = k / reduced;
    const next = min(end, (o + 1) * reduced);
    const xo = x + ((<usize>o * <usize>inner) << 2);
    if (inner === 1) {
      const value = scale * load<f32>(xo);
      for (; k + 4 <= next; k += 4) {
        v128.store(q, f32x4.splat(value));
        q += 16;
      }
      for (; k < next; ++k) {
        store<f32>(q, value);
        q += 4;
      }
      continue;
    }
    for (; k < next; ++k) {
      let i = 0;
      let p = xo;
      for (; i + 4 <= inner; i += 4) {
        v128.store(q, f32x4.mul(v128.load(p), scales));
        p += 16;
        q += 16;
      }
      for (; i < inner; ++i) {
        store<f32>(q, scale * load<f32>(p));
        p += 4;
        q += 4;
      }
    }
  }
}

/** Copies `rows` stretches of `bytes` bytes, a multiple of 4, between rows that lie `srcRow` and `dstRow` apart. */
export function copyRows(src: usize, dst: usize, rows: i32, bytes: i32, srcRow: usize, dstRow: usize): void {
  for (let r = 0; r < rows; ++r) {
    const p = src + <usize>r * srcRow;
    const q = dst + <usize>r * dstRow;
    let i = 0;
    for (; i + 16 <= bytes; i += 16) v128.store(q + <usize>i, v128.load(p + <usize>i));
    for (; i < bytes; i += 4) store<f32>(q + <usize>i, load<f32>(p + <usize>i));
  }
}
