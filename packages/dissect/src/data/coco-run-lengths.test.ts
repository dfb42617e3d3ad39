import { expect, test } from 'vitest';
import { rasterizeRunLengths, unpackRunLengths } from './coco-run-lengths.ts';

function maskOfRunLengths(runs: readonly number[], height: number, width: number, [rows, columns] = [height, width]) {
  const mask = new Uint8Array(rows! * columns!);
  rasterizeRunLengths(runs, [height, width], mask, [rows!, columns!]);
  return mask;
}

test('rasterizeRunLengths goes down the columns, outside first', () => {
  expect([...maskOfRunLengths([1, 2, 2, 1], 2, 3)]).toEqual([0, 1, 0, 1, 0, 1]);
  expect([...maskOfRunLengths([0, 4], 2, 2)]).toEqual([1, 1, 1, 1]);
});

test('rasterizeRunLengths takes the pixel at each center, at any size', () => {
  const runs = [3, 4, 0, 2, 5, 1, 20];
  const whole = maskOfRunLengths(runs, 5, 7);
  for (const [rows, columns] of [
    [1, 1],
    [2, 3],
    [5, 7],
    [11, 4],
    [30, 30],
  ] as const) {
    const expected = Uint8Array.from({ length: rows * columns }, (_, pixel) => {
      const [row, column] = [Math.floor(pixel / columns), pixel % columns];
      return whole[Math.floor(((row + 0.5) * 5) / rows) * 7 + Math.floor(((column + 0.5) * 7) / columns)]!;
    });
    expect(maskOfRunLengths(runs, 5, 7, [rows, columns])).toEqual(expected);
  }
});

/** As rleToString of COCO's mask API does, step by step. */
function pack(runs: readonly number[]): string {
  let packed = '';
  for (const [index, run] of runs.entries()) {
    let rest = index > 2 ? run - runs[index - 2]! : run;
    for (let more = true; more; ) {
      let code = rest & 31;
      rest >>= 5;
      more = code & 16 ? rest !== -1 : rest !== 0;
      if (more) code |= 32;
      packed += String.fromCharCode(code + 48);
    }
  }
  return packed;
}

test('unpackRunLengths reads what COCO packs', () => {
  const runs = [6, 1, 40, 4, 5, 4, 5, 1000, 3, 70000, 0, 2];
  expect(unpackRunLengths(pack(runs))).toEqual(runs);
});

test('unpackRunLengths reads a mask that pycocotools 2 packed', () => {
  // Rows 2 to 6 of columns 3 to 39, but (4, 10) and (4, 11); the first row from column 45 on; the last pixel of column 0.
  const packed = '81d04@000000000000MM030M033000000000000000000000000000000000000000000000000000000[1LiN00000000';
  const expected = Uint8Array.from({ length: 450 }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / 50), pixel % 50];
    const isBlock = row >= 2 && row < 7 && column >= 3 && column < 40;
    const isHole = row === 4 && (column === 10 || column === 11);
    return (isBlock && !isHole) || (row === 0 && column >= 45) || (row === 8 && column === 0) ? 1 : 0;
  });
  expect(maskOfRunLengths(unpackRunLengths(packed), 9, 50)).toEqual(expected);
});
