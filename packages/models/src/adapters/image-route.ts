import type { Check } from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import { batchSizeOf, type EntryOptions, entranceOf } from './entrance.ts';
import { inBatches } from './in-batches.ts';
import { measure } from './measured-shapes.ts';
import { checkPreprocessing, preprocessor } from './preprocessing.ts';

/** Images to what is wanted of them, in its order. Called inside `tf.tidy`; gives no tensor that it was given. */
export type ImageRoute = (images: Tensor4D, training: boolean) => Tensor[];

/** The way from images to some places of a network. */
export function imageRoute(
  check: Check,
  network: Network,
  wanted: readonly Place[],
  options: EntryOptions,
): ImageRoute {
  const { entry, fed } = entranceOf(check, network, wanted, options);
  const size = batchSizeOf(check, network, entry, options);
  const prepare = preparation(check, entry, sizesOf(check, network, entry, size ?? 1), options);
  const run = network.route(check, [entry, ...fed.places], wanted);
  return (images, training) => {
    check.images('images', images);
    const runBatch = (batch: Tensor) => {
      const outputs = run([batch, ...fed.values], training);
      for (const [index, { shape }] of outputs.entries()) {
        if (shape[0] !== batch.shape[0]) failBecauseOfBatch(check, wanted[index]!, shape, batch.shape[0]!);
      }
      return outputs;
    };
    const values = prepare(images);
    const outputs = size === undefined ? runBatch(values) : inBatches(values, size, runBatch);
    // A copy of what belongs to somebody else.
    return outputs.map((output) => (output === images || output.kept ? tf.clone(output) : output));
  };
}

/** Of what one image is at the entry, without the batch. Undefined where it is open, or cannot be computed from the input. */
function sizesOf(
  check: Check,
  network: Network,
  entry: Place,
  batchSize: number,
): readonly (number | null)[] | undefined {
  if (entry.shape !== undefined) return entry.shape.slice(1);
  const [input, ...others] = network.missingInputs([], [entry]);
  const sizes = input?.shape?.slice(1);
  if (input === undefined || others.length > 0 || sizes === undefined || sizes.includes(null)) return undefined;
  const shapes = new Map<Place, number[]>();
  const entrance = { entry: input, fed: { places: [], values: [] } };
  try {
    measure(check, network, [entry], { entrance, sizes: sizes as number[], batchSize }, shapes);
  } catch {
    // A part that TensorFlow.js cannot run is why one begins after it.
  }
  return shapes.get(entry);
}

/** Preprocessing, and the shape that the entry has: flat values come as maps of one position. */
function preparation(
  check: Check,
  { isWhole = false }: Place,
  sizes: readonly (number | null)[] | undefined,
  options: EntryOptions,
): (images: Tensor4D) => Tensor {
  const preprocess = preprocessingOf(check, sizes, options);
  const isShaped = sizes !== undefined && sizes.length !== 3 && !sizes.includes(null);
  return (images) => {
    const pixels = preprocess(images);
    const shaped = isShaped ? tf.reshape(pixels, [images.shape[0], ...(sizes as number[])]) : pixels;
    // The gradient of the cast is that of what was not rounded; rounding itself has none.
    return isWhole ? tf.cast(tf.add(shaped, 0.5), 'int32') : shaped;
  };
}

function preprocessingOf(
  check: Check,
  sizes: readonly (number | null)[] | undefined,
  { preprocessing, bounds }: EntryOptions,
): (images: Tensor4D) => Tensor4D {
  if (preprocessing === undefined) {
    if (bounds !== undefined) check.failBecause('type', 'bounds say nothing without preprocessing: give its range too');
    return (images) => images;
  }
  const checked = checkPreprocessing(check, preprocessing);
  const channels = sizes?.length === 3 ? sizes[checked.dataFormat === 'channelsFirst' ? 0 : 2] : undefined;
  return preprocessor(check, checked, {
    bounds: check.bounds('bounds', bounds ?? [0, 1]),
    channels: channels ?? undefined,
  });
}

function failBecauseOfBatch(check: Check, { name }: Place, shape: readonly number[], count: number): never {
  return check.failBecause(
    'state',
    `${JSON.stringify(name)} is [${shape.join(', ')}] for ${count} images: the model treats them as one, or takes another ` +
      'number of images (give batchSize)',
  );
}
