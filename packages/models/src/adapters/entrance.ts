import type { Bounds, Check } from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import { listOf, placeNamed } from '../networks/place-named.ts';
import type { Preprocessing, PreprocessingName } from './preprocessing.ts';

/** Where an adapter of a model begins, and how it prepares the images. */
export interface EntryOptions {
  /** How the model expects its pixels to be prepared. Default: no preprocessing; images go to the model unchanged. */
  preprocessing?: Preprocessing | PreprocessingName;
  /** Range of the images that the adapter takes. Default: [0, 1] with `preprocessing`, else the model's own range. */
  bounds?: Bounds;
  /**
   * The input, layer or node whose values the adapter takes instead of the model's input: an inner layer to begin there, or
   * one of several inputs. Default: the only input.
   */
  from?: string;
  /** Values of other inputs, by name, the same for all images. They stay the caller's. Default: none. */
  feed?: Readonly<Record<string, Tensor>>;
  /**
   * Images per model call; the last call is padded with copies of the last image. Needed for a model whose batch size differs
   * from what its input states. Default: the input's batch size if it is fixed, else all images at once.
   */
  batchSize?: number;
}

/** Checks the options that all adapters share, even those that make no difference to this model. */
export function checkEntry<T extends EntryOptions & { inputShape?: readonly number[] }>(check: Check, options: T): T {
  const { from, feed, batchSize, inputShape, bounds } = check.options(options);
  const isGiven = (value: unknown) => value !== undefined && value !== null;
  if (isGiven(from) && typeof from !== 'string') check.fail('type', 'from', 'the name of a layer or node', from);
  if (isGiven(feed)) check.options(feed, 'feed');
  if (isGiven(batchSize)) check.number('batchSize', batchSize, { integer: true, min: 1 });
  if (isGiven(inputShape)) check.shape('inputShape', inputShape!, 3);
  if (isGiven(bounds)) check.bounds('bounds', bounds);
  return options;
}

function fedPlaces(check: Check, network: Network, feed: Readonly<Record<string, Tensor>>) {
  const names = Object.keys(feed);
  return {
    places: names.map((name) => placeNamed(check, network, 'a name in feed', name)),
    values: names.map((name) => check.tensor(`feed[${JSON.stringify(name)}]`, feed[name])),
  };
}

/** The places at which an adapter begins. */
export interface Entrance {
  /** Takes the images, or the activations given instead. */
  entry: Place;
  fed: { places: Place[]; values: Tensor[] };
}

export function entranceOf(
  check: Check,
  network: Network,
  wanted: readonly Place[],
  { from, feed }: Pick<EntryOptions, 'from' | 'feed'>,
): Entrance {
  const fed = fedPlaces(check, network, feed ?? {});
  return { entry: entryOf(check, network, wanted, { from: from ?? undefined, fed: fed.places }), fed };
}

function entryOf(
  check: Check,
  network: Network,
  wanted: readonly Place[],
  { from, fed }: { from: string | undefined; fed: readonly Place[] },
): Place {
  const needed = network.missingInputs(fed, wanted);
  const entry = from === undefined ? needed[0] : placeNamed(check, network, 'from', from);
  const ends = listOf(wanted.map(({ name }) => name).slice(0, 3));
  if (entry === undefined) return check.failBecause('state', `${ends} depends on no input of the model`);
  const missing = network.missingInputs([entry, ...fed], wanted);
  if (missing.length > 0) {
    const inputs = missing.map(describePlace).join(', ');
    check.failBecause(
      'state',
      from === undefined
        ? `the model has several inputs, ${needed.map(describePlace).join(', ')}: name the one for the images in from, and ` +
            'give the values of the others in feed'
        : `${ends} cannot be computed from ${JSON.stringify(entry.name)} alone: give the values of ${inputs} in feed`,
    );
  }
  return entry;
}

export const describePlace = ({ name, shape }: Place): string =>
  shape === undefined ? JSON.stringify(name) : `${JSON.stringify(name)} ${describeShape(shape)}`;

export const describeShape = (shape: readonly (number | null)[]): string =>
  `[${shape.map((size, axis) => (size === null ? (axis === 0 ? 'n' : '?') : size)).join(', ')}]`;

/** An inner place has the batch size of the model's inputs. */
export function batchSizeOf(
  check: Check,
  network: Network,
  entry: Place,
  { batchSize }: Pick<EntryOptions, 'batchSize'>,
): number | undefined {
  if (batchSize !== undefined && batchSize !== null)
    return check.number('batchSize', batchSize, { integer: true, min: 1 });
  const input = network.inputs.includes(entry) ? entry : network.inputs.find(({ shape }) => (shape?.length ?? 0) > 1);
  return input?.shape?.[0] ?? undefined;
}
