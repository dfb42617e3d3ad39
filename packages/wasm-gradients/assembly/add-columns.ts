/**
 * Adds what each output pixel gives to the input pixels under the filter: columns [batch, outH, outW, fh, fw, c] to
 * dst [batch, h, w, c], which it clears before; what falls outside h, w is dropped.
 */
export function addColumns(
  columns: usize,
  dst: usize,
  batch: i32,
  outH: i32,
  outW: i32,
  fhs: i32,
  fws: i32,
  strideH: i32,
  strideW: i32,
  padTop: i32,
  padLeft: i32,
  c: i32,
  h: i32,
  w: i32,
): void {
  const pixel = (<usize>c) << 2;
  const row = pixel * <usize>w;
  const image = row * <usize>h;
  const tapRow = pixel * <usize>fws;
  const column = tapRow * <usize>fhs;
  memory.fill(dst, 0, image * <usize>batch);
  for (let n = 0; n < batch; ++n) {
    for (let oh = 0; oh < outH; ++oh) {
      const top = oh * strideH - padTop;
      const firstTap = max(0, -top);
      const endTap = min(fhs, h - top);
      for (let ow = 0; ow < outW; ++ow) {
        const left = ow * strideW - padLeft;
        const begin = max(0, -left);
        const end = min(fws, w - left);
        const from = columns + <usize>((n * outH + oh) * outW + ow) * column + <usize>begin * pixel;
        const to = dst + <usize>n * image + <usize>(left + begin) * pixel;
        const floats = (end - begin) * c;
        for (let tap = firstTap; tap < endTap; ++tap) {
          addTo(to + <usize>(top + tap) * row, from + <usize>tap * tapRow, floats);
        }
      }
    }
  }
}

/** dst[i] += src[i] for i < count. */
function addTo(dst: usize, src: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(dst, f32x4.add(v128.load(dst), v128.load(src)));
    dst += 16;
    src += 16;
  }
  for (; i < count; ++i) {
    store<f32>(dst, load<f32>(dst) + load<f32>(src));
    dst += 4;
    src += 4;
  }
}
