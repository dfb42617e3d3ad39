import { createRandom } from '@cnnviz/internal';
import type { Concept } from '../src/data/concepts.ts';
import type { Dissection } from '../src/dissection/dissection.ts';
import type { LabeledMasks } from '../src/tallies/chance-tally.ts';
import { DissectionTally } from '../src/tallies/dissection-tally.ts';

/**
 * Images for tests: squares of concepts, labels of whole images and several maps at random, and the masks of units. Unit 0
 * fires where concept 1 is, all others on squares that have nothing to do with the labels.
 */
export function labeledNoise({ seed, count, units }: { seed: number; count: number; units: number }) {
  const random = createRandom(seed);
  const [height, width] = [8, 9];
  const concepts: Concept[] = [1, 2, 7, 30, 31].map((number) => ({
    number,
    name: `c${number}`,
    category: number < 9 ? 'object' : 'scene',
  }));
  const square = (): number[] => {
    const [top, left, size] = [random.integer(height), random.integer(width), 1 + random.integer(4)];
    const isInside = (from: number, at: number) => at >= from && at < from + size;
    return Array.from({ length: height * width }, (_, pixel) => pixel).filter(
      (pixel) => isInside(top, Math.floor(pixel / width)) && isInside(left, pixel % width),
    );
  };
  const images = Array.from({ length: count }, (_, image): LabeledMasks => {
    const maps = Array.from({ length: random.integer(3) }, () => {
      const labels = new Uint16Array(height * width);
      for (const number of [1, 2, 7]) for (const pixel of square()) labels[pixel] = number;
      return { category: 'object', labels };
    });
    const imageLabels = random.integer(2) === 0 ? [{ category: 'scene', label: 30 + random.integer(2) }] : [];
    const masks = Array.from({ length: units }, (_, unit) => {
      if (unit === 0) return [...new Set(maps.flatMap(({ labels }) => pixelsOf(labels, 1)))];
      return random.integer(2) === 0 ? square() : [];
    });
    const starts = Uint32Array.from({ length: units + 1 }, (_, unit) => masks.slice(0, unit).flat().length);
    return {
      image,
      concepts: { name: `${image}`, maps, imageLabels },
      masks: { units, starts, pixels: Uint32Array.from(masks.flat()) },
    };
  });
  const options = { units, concepts, categories: ['object', 'scene'], labelSize: [height, width] as const };
  return { images, options };
}

/** The counts of images, each with its own labels. */
export function tallyOf(
  { images, options }: Pick<ReturnType<typeof labeledNoise>, 'images' | 'options'>,
  keepImages = false,
): DissectionTally {
  const tally = new DissectionTally({ ...options, keepImages });
  images.forEach(({ concepts, masks }, index) => {
    tally.add(index, concepts, masks);
  });
  return tally;
}

/** As `dissect` would give it. */
export function dissectionOf(noise: ReturnType<typeof labeledNoise>): Dissection {
  const tally = tallyOf(noise, true);
  return {
    layer: 'noise',
    images: noise.images.length,
    quantile: 0.995,
    rankError: 0,
    iouLimit: 0.04,
    repeatedLabels: 'once',
    mapSize: noise.options.labelSize,
    labelSize: noise.options.labelSize,
    concepts: noise.options.concepts,
    categories: noise.options.categories,
    units: tally.result().map((unit) => ({ ...unit, threshold: 0, topImages: [] })),
    imageCounts: tally.imageCounts,
    chance: null,
  };
}

function pixelsOf(labels: Uint16Array, label: number): number[] {
  return [...labels.keys()].filter((pixel) => labels[pixel] === label);
}
