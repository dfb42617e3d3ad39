/**
 * The run lengths that COCO packs into a string: differences to the run before last, in groups of 5 bits from the
 * lowest, each as a character from `0` on; bit 6 says that more follow, bit 5 of the last is the sign.
 *
 * @see The function rleFrString of COCO's mask API.
 */
export function unpackRunLengths(packed: string): number[] {
  const runs: number[] = [];
  for (let place = 0; place < packed.length; ) {
    let value = 0;
    let scale = 1;
    for (;;) {
      const code = packed.charCodeAt(place++) - 48;
      value += (code & 31) * scale;
      scale *= 32;
      if (code & 32) continue;
      if (code & 16) value -= scale;
      break;
    }
    runs.push(runs.length > 2 ? value + runs.at(-2)! : value);
  }
  return runs;
}

/**
 * Marks the pixels whose centers run lengths cover, which go down the columns of the image, the first of them outside.
 *
 * @param mask `[rows, columns]`, row by row, laid over the image: 1 is added inside, nothing is taken away.
 */
export function rasterizeRunLengths(
  runs: ArrayLike<number>,
  [height, width]: readonly [number, number],
  mask: Uint8Array,
  [rows, columns]: readonly [number, number],
): void {
  /** The run that holds the top of a column, and where it ends. */
  let top = { run: 0, end: runs[0]! };
  for (let column = 0; column < columns; column++) {
    const start = Math.floor(((column + 0.5) * width) / columns) * height;
    while (start >= top.end) top = { run: top.run + 1, end: top.end + runs[top.run + 1]! };
    let { run, end } = top;
    for (let row = 0; row < rows; row++) {
      const place = start + Math.floor(((row + 0.5) * height) / rows);
      while (place >= end) end += runs[++run]!;
      if (run % 2 === 1) mask[row * columns + column] = 1;
    }
  }
}
