// Sums over the rows of [rows, c], for each channel and in double precision, in one pass in the order of memory. The
// rows are cut into `chunks` chunks, each of which has sums of its own; chunks begin <= k < end.

import { fourInside, oneInside } from './elementwise';

/** Rows that are added up in single precision, before their sum is added in double precision; a multiple of 4. */
const TILE: i32 = 16;

/**
 * sums[k, 0, i] = Σ dy and sums[k, 1, i] = Σ dy * (x - mean), which all gradients of batch normalization with respect to
 * its parameters are made of. With x - mean itself for dy, where dy is 0: Σ (x - mean) and Σ (x - mean)².
 *
 * With 0 for dy where (x - mean) * factor + offset is not inside (low, high] or, if `closed`, [low, high], unless `factor`
 * is 0.
 */
export function deviationSums(
  dy: usize,
  x: usize,
  mean: usize,
  factor: usize,
  offset: usize,
  low: f32,
  high: f32,
  closed: bool,
  sums: usize,
  rows: i32,
  c: i32,
  chunks: i32,
  begin: i32,
  end: i32,
): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const row = (<usize>c) << 2;
  for (let k = begin; k < end; ++k) {
    const to = sums + ((<usize>k * <usize>c) << 4);
    const products = to + ((<usize>c) << 3);
    memory.fill(to, 0, (<usize>c) << 4);
    const last = rowOf(k + 1, rows, chunks);
    for (let r = rowOf(k, rows, chunks); r < last; r += TILE) {
      const start = <usize>r * row;
      const stop = <usize>min(last, r + TILE) * row;
      let i = 0;
      for (; r + TILE <= last && i + 4 <= c; i += 4) {
        const at = (<usize>i) << 2;
        const m = v128.load(mean + at);
        let sum = f32x4.splat(0);
        let product = f32x4.splat(0);
        let p = x + start + at;
        const end = x + stop + at;
        if (dy === 0) {
          for (; p < end; p += 4 * row) {
            const x0 = f32x4.sub(v128.load(p), m);
            const x1 = f32x4.sub(v128.load(p + row), m);
            const x2 = f32x4.sub(v128.load(p + 2 * row), m);
            const x3 = f32x4.sub(v128.load(p + 3 * row), m);
            sum = f32x4.add(sum, sumOf(x0, x1, x2, x3));
            const squares = sumOf(f32x4.mul(x0, x0), f32x4.mul(x1, x1), f32x4.mul(x2, x2), f32x4.mul(x3, x3));
            product = f32x4.add(product, squares);
          }
        } else if (factor === 0) {
          for (let q = dy + start + at; p < end; p += 4 * row) {
            const d0 = v128.load(q);
            const d1 = v128.load(q + row);
            const d2 = v128.load(q + 2 * row);
            const d3 = v128.load(q + 3 * row);
            const x0 = f32x4.sub(v128.load(p), m);
            const x1 = f32x4.sub(v128.load(p + row), m);
            const x2 = f32x4.sub(v128.load(p + 2 * row), m);
            const x3 = f32x4.sub(v128.load(p + 3 * row), m);
            sum = f32x4.add(sum, sumOf(d0, d1, d2, d3));
            const ofRows = sumOf(f32x4.mul(d0, x0), f32x4.mul(d1, x1), f32x4.mul(d2, x2), f32x4.mul(d3, x3));
            product = f32x4.add(product, ofRows);
            q += 4 * row;
          }
        } else {
          const f = v128.load(factor + at);
          const o = v128.load(offset + at);
          for (let q = dy + start + at; p < end; p += row) {
            const deviation = f32x4.sub(v128.load(p), m);
            const inside = fourInside(f32x4.add(f32x4.mul(deviation, f), o), lows, highs, closed);
            const gradient = v128.and(v128.load(q), inside);
            sum = f32x4.add(sum, gradient);
            product = f32x4.add(product, f32x4.mul(gradient, deviation));
            q += row;
          }
        }
        addFour(to + (at << 1), sum);
        addFour(products + (at << 1), product);
      }
      for (; i < c; ++i) {
        const at = (<usize>i) << 2;
        for (let p = start + at; p < stop; p += row) {
          const deviation = load<f32>(x + p) - load<f32>(mean + at);
          let gradient = dy === 0 ? deviation : load<f32>(dy + p);
          if (factor !== 0) {
            const value = deviation * load<f32>(factor + at) + load<f32>(offset + at);
            if (!oneInside(value, low, high, closed)) gradient = 0;
          }
          addOne(to + (at << 1), gradient);
          addOne(products + (at << 1), gradient * deviation);
        }
      }
    }
  }
}

function rowOf(chunk: i32, rows: i32, chunks: i32): i32 {
  if (chunk === chunks) return rows;
  return <i32>((<i64>(rows / TILE) * chunk) / chunks) * TILE;
}

function sumOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}

function addOne(to: usize, value: f32): void {
  store<f64>(to, load<f64>(to) + <f64>value);
}

/** Adds four numbers to as many doubles. */
function addFour(to: usize, values: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(values)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(i64x2.shuffle(values, values, 1, 1))), 16);
}
