import { checker, isA } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { decodeGenes, encodeGenes } from '../genomes/base64-genes.ts';
import { PROBABILITY, requireCount } from '../genomes/genes.ts';
import { simulatedBinaryCrossover } from '../operators/crossover/simulated-binary-crossover.ts';
import { polynomialMutation } from '../operators/mutation/polynomial-mutation.ts';
import type { ImageEncoding } from './image-encoding.ts';
import { meanDeviation } from './real-encoding.ts';

export interface DirectEncodingOptions {
  /** The shape of the images, `[h, w, c]`. */
  shape: readonly [height: number, width: number, channels: number];
  /** Distribution index of the crossover. Default: 10, the fooling code's. */
  crossoverEta?: number;
  /** Probability that a gene mutates. Default: 0.1, the fooling code's. */
  mutationRate?: number;
  /** Distribution index of the mutation. Default: 15, the fooling code's. */
  mutationEta?: number;
  /** Generations after which the mutation rate halves: 1000 in the paper. Default: never, as in its code. */
  halveEvery?: number;
}

const check = checker('@cnnviz/genetic', 'directEncoding');
const UNIT = [0, 1] as const;
const { resizeNearestNeighbor } = tf.image;

/**
 * Encodes images as their pixels: one number in [0, 1] per pixel and channel, row by row, initially uniform. Children are
 * made by simulated binary crossover and by polynomial mutation, unbounded and clipped.
 *
 * Genes are the real brightness, where the fooling code rounds it down to 256 levels. A gene that is equal in both
 * parents stays as it is, where that code mistakenly resets it to gray.
 *
 * @returns An encoding for `evolveFoolingImages` and `MapElites`; the caller disposes what its `render` returns.
 * @throws RangeError if a rate is outside [0, 1] or a size below 1.
 * @see Nguyen, Yosinski, Clune, "Deep neural networks are easily fooled", CVPR 2015, https://arxiv.org/abs/1412.1897.
 *
 * @example
 * import { createRandom, directEncoding } from '@cnnviz/genetic';
 *
 * const encoding = directEncoding({ shape: [28, 28, 1] });
 * const genome = encoding.create({ random: createRandom(0), generation: 0, memory: {} });
 * const images = encoding.render([genome]); // [1, 28, 28, 1] in [0, 1]
 */
export function directEncoding(options: DirectEncodingOptions): ImageEncoding<Float32Array> {
  const shape = check.shape('shape', check.options(options).shape, 3);
  const [height, width, channels] = shape;
  const length = requireCount(check, `genes of ${shape.join(' x ')}`, height * width * channels, 1);
  const { crossoverEta = 10, mutationRate = 0.1, mutationEta = 15, halveEvery } = options;
  check.number('crossoverEta', crossoverEta, { min: 0 });
  check.number('mutationRate', mutationRate, PROBABILITY);
  check.number('mutationEta', mutationEta, { min: 0 });
  if (halveEvery !== undefined) check.number('halveEvery', halveEvery, { integer: true, min: 1 });

  return {
    name: `pixels(${height} x ${width} x ${channels})`,
    settings: { crossoverEta, mutationRate, mutationEta, halveEvery: halveEvery ?? null },
    shape,
    create: ({ random }) => random.fillUniform(new Float32Array(length)),
    cross: (first, second, { random }) =>
      simulatedBinaryCrossover(first, second, random, { eta: crossoverEta, bounds: UNIT }),
    mutate: (genome, { random, generation }) => {
      const halvings = halveEvery === undefined ? 0 : Math.floor(generation / halveEvery);
      return polynomialMutation(genome, random, {
        bounds: UNIT,
        rate: mutationRate * 0.5 ** halvings,
        eta: mutationEta,
      });
    },
    diversity: meanDeviation,
    distance: (first, second) => first.reduce((sum, gene, index) => sum + Math.abs(gene - second[index]!), 0) / length,
    save: encodeGenes,
    load: (saved) => {
      const genes = typeof saved === 'string' ? decodeSafely(saved) : undefined;
      if (genes?.length !== length || !genes.every((gene) => gene >= 0 && gene <= 1)) {
        return check.fail('state', 'a saved genome', `${length} numbers from 0 to 1 in base64`, saved);
      }
      return genes;
    },
    render: (genomes, size) => renderPixels(genomes, shape, size),
  };
}

function decodeSafely(text: string): Float32Array | undefined {
  try {
    return decodeGenes(text);
  } catch {
    return undefined;
  }
}

/** Pixels are repeated, or left out, where another size is asked for. */
function renderPixels(
  genomes: readonly Float32Array[],
  [height, width, channels]: readonly [number, number, number],
  size?: readonly [height: number, width: number],
): Tensor4D {
  if (!Array.isArray(genomes)) check.fail('type', 'genomes', 'a list of genomes', genomes);
  const length = height * width * channels;
  const pixels = new Float32Array(genomes.length * length);
  genomes.forEach((genome, index) => {
    if (!isA('Float32Array', genome)) check.fail('type', `genomes[${index}]`, 'a Float32Array', genome);
    if (genome.length !== length) check.fail('range', `genomes[${index}]`, `of ${length} genes`, genome.length);
    pixels.set(genome, index * length);
  });
  return tf.tidy(() => {
    const images = tf.tensor4d(pixels, [genomes.length, height, width, channels]);
    if (size !== undefined) check.shape('size', size, 2);
    if (size === undefined || (size[0] === height && size[1] === width)) return images;
    return resizeNearestNeighbor(images, [...size], false, false);
  });
}
