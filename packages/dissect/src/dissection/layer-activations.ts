import { askModel, type Check, requireOutput } from '@cnnviz/internal';
import type { Rank, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkConceptImage } from '../data/check-concept-data.ts';
import type { ConceptImage } from '../data/concepts.ts';
import { unitMaxima } from '../tallies/unit-maxima.ts';
import { requireFiniteActivations } from '../tallies/unit-thresholds.ts';
import type { ProbedLayer, Run } from './dissection-options.ts';

/** The activations of one image, in the order of the layers. */
export type ImageActivations = {
  activations: Float32Array;
  height: number;
  width: number;
  units: number;
  /** The largest activation of each unit. */
  maxima: Float32Array;
}[];

/** One image, its labels, and what the layers make of it. */
export interface ProbedImage {
  index: number;
  image: ConceptImage;
  maps: ImageActivations;
}

/** Reads images and runs the probe on them in one batch. All activations are finite. */
export async function probeImages(run: Run, indices: readonly number[]): Promise<ProbedImage[]> {
  if (indices.length === 0) return [];
  const { check, options } = run;
  const { concepts } = options;
  const images = await Promise.all(
    indices.map(async (index) => checkConceptImage(check, await concepts.read(index), concepts, index)),
  );
  const batch = await activationsOf(run, images);
  return indices.map((index, row) => {
    const maps = batch[row]!;
    for (const { activations, units } of maps) requireFiniteActivations(check, index, activations, units);
    return { index, image: images[row]!, maps };
  });
}

async function activationsOf({ check, options }: Run, images: readonly ConceptImage[]): Promise<ImageActivations[]> {
  const [height, width] = options.concepts.imageSize;
  const pixels = new Float32Array(images.length * height * width * 3);
  images.forEach((image, row) => {
    pixels.set(image.pixels, row * height * width * 3);
  });
  const batch = () => tf.tensor4d(pixels, [images.length, height, width, 3]);
  const maps = await askModel(options.probe, batch, (given) => clonedMaps(check, options.layers, given, images.length));
  try {
    const values = await Promise.all(maps.map((map) => map.data<'float32'>()));
    return images.map((_, row) => maps.map(({ shape }, layer) => mapOfRow(values[layer]!, shape, row)));
  } finally {
    tf.dispose(maps);
  }
}

function clonedMaps(check: Check, layers: readonly ProbedLayer[], given: unknown, count: number): Tensor4D[] {
  if (typeof given !== 'object' || given === null) {
    const names = layers.map(({ name }) => name);
    return check.fail('type', 'probe', `a function to a record of the activations of ${names}`, given);
  }
  const expected = `a function to float32 activations [${count}, h, w, units]`;
  const fits = ({ rank, shape, size }: Tensor) => rank === 4 && shape[0] === count && size > 0;
  return layers.map(({ name, probe }) => {
    const map = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
    return tf.clone(requireOutput<Rank.R4>(check, probe, expected, map, fits));
  });
}

function mapOfRow(values: Float32Array, [, height, width, units]: Tensor4D['shape'], row: number) {
  const size = height * width * units;
  const activations = values.subarray(row * size, (row + 1) * size);
  return { activations, height, width, units, maxima: unitMaxima(activations, units) };
}
