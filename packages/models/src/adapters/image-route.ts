import { type Check, registerMissingGradients } from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import { batchSizeOf, type EntryOptions, entranceOf } from './entrance.ts';
import { inBatches } from './in-batches.ts';
import { measure } from './measured-shapes.ts';
import { checkPreprocessing, preprocessor } from './preprocessing.ts';

/** Maps images to the values of the wanted places, in order. Called inside `tf.tidy`; never returns a tensor it was given. */
export type ImageRoute = (images: Tensor4D, training: boolean) => Tensor[];

/** Finds the way from images to some places of a network, differentiable wherever that is possible. */
export function imageRoute(
  check: Check,
  network: Network,
  wanted: readonly Place[],
  options: EntryOptions,
): ImageRoute {
  registerMissingGradients();
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
    // Copies tensors that belong to somebody else.
    return outputs.map((output) => (output === images || output.kept ? tf.clone(output) : output));
  };
}

/** The shape of one image at the entry, without the batch. Undefined if it is open or cannot be computed from the input. */
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
    // A part that TensorFlow.js cannot run is a reason to begin after it.
  }
  return shapes.get(entry);
}

/** Applies the preprocessing and reshapes to the entry's shape: flat values arrive as maps of one position. */
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
    // The cast passes on the gradient of the unrounded values; rounding itself has none.
    return isWhole ? tf.cast(tf.add(shaped, 0.5), 'int32') : shaped;
  };
}

function preprocessingOf(
  check: Check,
  sizes: readonly (number | null)[] | undefined,
  { preprocessing, bounds }: EntryOptions,
): (images: Tensor4D) => Tensor4D {
  if (preprocessing === undefined) {
    if (bounds !== undefined) check.failBecause('type', 'bounds need preprocessing: give its range too');
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
    `${JSON.stringify(name)} is [${shape.join(', ')}] for ${count} images: the model treats them as one, or expects a ` +
      'different number of images (set batchSize)',
  );
}
