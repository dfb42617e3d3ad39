import { createRandom, type Random } from '@cnnviz/internal';

/** A source of random numbers for each image, decided by `seed` and the image's number alone, whatever batch it is in. */
export function randomsOfImages(seed: number, numbers: readonly number[]): Random[] {
  const start = createRandom(seed).integer(2 ** 32);
  return numbers.map((number) => createRandom(start + number));
}

/** The whole numbers from `first`, as many as `count`. */
export function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
