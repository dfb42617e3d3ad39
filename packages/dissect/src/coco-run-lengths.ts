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

/** The mask `[height, width]`, row by row, of run lengths that go down the columns, the first of them outside. */
export function maskOfRunLengths(runs: readonly number[], height: number, width: number): Uint8Array {
  const mask = new Uint8Array(height * width);
  let place = 0;
  for (const [index, run] of runs.entries()) {
    if (index % 2 === 1) {
      for (let inside = place; inside < place + run; inside++) {
        mask[(inside % height) * width + Math.floor(inside / height)] = 1;
      }
    }
    place += run;
  }
  return mask;
}
