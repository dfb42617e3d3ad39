// Sums over the rows of [rows, c], for each channel and in double precision, in one pass in the order of memory. The
// rows are cut into `chunks` chunks, each of which has sums of its own; chunks begin <= k < end.

/**
 * sums[k, 0, i] = Σ dy and sums[k, 1, i] = Σ dy * (x - mean), which all gradients of batch normalisation with respect to
 * its parameters are made of. With x - mean itself for dy, where dy is 0: Σ (x - mean) and Σ (x - mean)².
 */
export function deviationSums(
  dy: usize,
  x: usize,
  mean: usize,
  sums: usize,
  rows: i32,
  c: i32,
  chunks: i32,
  begin: i32,
  end: i32,
): void {
  const row = (<usize>c) << 2;
  const whole = c & ~3;
  for (let k = begin; k < end; ++k) {
    const to = sums + ((<usize>k * <usize>c) << 4);
    const products = to + ((<usize>c) << 3);
    memory.fill(to, 0, (<usize>c) << 4);
    const last = rowOf(k + 1, rows, chunks);
    for (let r = rowOf(k, rows, chunks); r < last; ) {
      const count = last - r >= 4 ? 4 : 1;
      const xr = x + <usize>r * row;
      const dyr = dy === 0 ? 0 : dy + <usize>r * row;
      if (count === 4) {
        for (let i = 0; i < whole; i += 4) {
          const at = (<usize>i) << 2;
          const m = v128.load(mean + at);
          const p = xr + at;
          const x0 = f32x4.sub(v128.load(p), m);
          const x1 = f32x4.sub(v128.load(p + row), m);
          const x2 = f32x4.sub(v128.load(p + 2 * row), m);
          const x3 = f32x4.sub(v128.load(p + 3 * row), m);
          let d0 = x0;
          let d1 = x1;
          let d2 = x2;
          let d3 = x3;
          if (dyr !== 0) {
            const q = dyr + at;
            d0 = v128.load(q);
            d1 = v128.load(q + row);
            d2 = v128.load(q + 2 * row);
            d3 = v128.load(q + 3 * row);
          }
          addFour(to + (at << 1), d0, d1, d2, d3);
          addFour(products + (at << 1), f32x4.mul(d0, x0), f32x4.mul(d1, x1), f32x4.mul(d2, x2), f32x4.mul(d3, x3));
        }
      }
      for (let i = count === 4 ? whole : 0; i < c; ++i) {
        const at = (<usize>i) << 2;
        for (let j = 0; j < count; ++j) {
          const deviation = load<f32>(xr + <usize>j * row + at) - load<f32>(mean + at);
          const gradient = dyr === 0 ? deviation : load<f32>(dyr + <usize>j * row + at);
          addOne(to + (at << 1), gradient);
          addOne(products + (at << 1), gradient * deviation);
        }
      }
      r += count;
    }
  }
}

function rowOf(chunk: i32, rows: i32, chunks: i32): i32 {
  return <i32>((<i64>rows * chunk) / chunks);
}

function addOne(to: usize, value: f32): void {
  store<f64>(to, load<f64>(to) + <f64>value);
}

/** to[i] += a[i] + b[i] + c[i] + d[i] for four doubles. */
function addFour(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(sum)));
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(i64x2.shuffle(sum, sum, 1, 1))), 16);
}
