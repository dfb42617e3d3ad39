import type { Concept, ImageConcepts } from '../src/data/concepts.ts';
import type { RepeatedLabels } from '../src/data/label-slots.ts';

export interface ObviousInput {
  /** Of each image `[height][width][units]`. */
  maps: number[][][][];
  images: readonly ImageConcepts[];
  concepts: readonly Concept[];
  labelSize: readonly [number, number];
  /** Where the rows and columns of the maps lie, in labels, rising. */
  centers: readonly [number[], number[]];
  quantile: number;
  /** Default: `once`. */
  repeatedLabels?: RepeatedLabels;
}

/**
 * What the tests hold `dissect` against: network dissection word for word, with full upsampling, dense masks and plain
 * loops. For tests only.
 */
export function obviousDissection({
  maps,
  images,
  concepts,
  labelSize,
  centers,
  quantile,
  repeatedLabels = 'once',
}: ObviousInput) {
  const units = maps[0]![0]![0]!.length;
  const [height, width] = labelSize;
  const thresholds = Array.from({ length: units }, (_, unit) =>
    Math.fround(
      numpyQuantile(
        maps.flat(2).map((activations) => activations[unit]!),
        quantile,
      ),
    ),
  );
  const categoryOf = new Map(concepts.map(({ number, category }) => [number, category]));
  const truth = new Map<number, number>(concepts.map(({ number }) => [number, 0]));
  const intersection = thresholds.map(() => new Map<number, number>(concepts.map(({ number }) => [number, 0])));
  const activation = thresholds.map(() => new Map<string, number>());
  let firing = 0;

  images.forEach((image, index) => {
    const labelsAt = (pixel: number) => {
      const all = [...image.maps.map(({ labels }) => labels[pixel]!), ...image.imageLabels.map(({ label }) => label)];
      return repeatedLabels === 'once' ? [...new Set(all)] : all;
    };
    const categories = new Set<string>();
    for (let pixel = 0; pixel < height * width; pixel++) {
      for (const label of labelsAt(pixel)) {
        if (label === 0) continue;
        truth.set(label, truth.get(label)! + 1);
        categories.add(categoryOf.get(label)!);
      }
    }
    for (let unit = 0; unit < units; unit++) {
      const map = maps[index]!.map((row) => row.map((activations) => activations[unit]!));
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const value = interpolate(map, centers, y, x);
          if (!(Math.fround(value) > thresholds[unit]!)) continue;
          firing++;
          for (const category of categories)
            activation[unit]!.set(category, (activation[unit]!.get(category) ?? 0) + 1);
          for (const label of labelsAt(y * width + x)) {
            if (label !== 0) intersection[unit]!.set(label, intersection[unit]!.get(label)! + 1);
          }
        }
      }
    }
  });
  const match = (unit: number, label: number) => ({
    truth: truth.get(label)!,
    activation: activation[unit]!.get(categoryOf.get(label)!) ?? 0,
    intersection: intersection[unit]!.get(label)!,
  });
  return { thresholds, match, firing };
}

function interpolate(map: number[][], [ys, xs]: readonly [number[], number[]], y: number, x: number): number {
  const [i, down] = between(ys, y);
  const [j, across] = between(xs, x);
  const along = (row: number[]) => row[j]! * (1 - across) + (across === 0 ? 0 : row[j + 1]! * across);
  return along(map[i]!) * (1 - down) + (down === 0 ? 0 : along(map[i + 1]!) * down);
}

/** The last center that is not beyond, and how much of the way to the next one; clamped outside. */
function between(centers: number[], place: number): [number, number] {
  if (place <= centers[0]!) return [0, 0];
  for (let index = 0; index + 1 < centers.length; index++) {
    const [from, to] = [centers[index]!, centers[index + 1]!];
    if (place < to) return [index, (place - from) / (to - from)];
  }
  return [centers.length - 1, 0];
}

/** `numpy.quantile` as its documentation has it: the sorted values, linear in between. */
export function numpyQuantile(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (sorted.length - 1) * quantile;
  const lower = sorted[Math.floor(rank)]!;
  return lower + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)]! - lower);
}
