import { expect, test } from 'vitest';
import { maskOfRunLengths, unpackRunLengths } from './coco-run-lengths.ts';

test('maskOfRunLengths goes down the columns, outside first', () => {
  expect([...maskOfRunLengths([1, 2, 2, 1], 2, 3)]).toEqual([0, 1, 0, 1, 0, 1]);
  expect([...maskOfRunLengths([0, 4], 2, 2)]).toEqual([1, 1, 1, 1]);
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
