import { type Check, checker } from '@cnnviz/internal';
import type { Network, Place } from '../networks/network.ts';
import { type AnyModel, networkOf } from '../networks/network-of.ts';
import { batchSizeOf, checkEntry, describeShape, type Entrance, type EntryOptions, entranceOf } from './entrance.ts';
import { type BlackImage, measuredShapes } from './measured-shapes.ts';

/** A layer of a LayersModel or a node of a GraphModel that a probe can read. */
export interface ModelLayer {
  /** The name that {@link probe} takes. */
  readonly name: string;
  /** The layer's class, such as `Conv2D`, or the node's operation. */
  readonly kind: string;
  /** Shape of one image's activations: a map of units, or units alone. */
  readonly shape: readonly [height: number, width: number, units: number] | readonly [units: number];
}

/** Options of {@link layersOf}: where the list of layers begins. */
export interface LayersOfOptions extends Pick<EntryOptions, 'from' | 'feed' | 'batchSize'> {
  /** `[height, width, channels]` of the images. Default: the model's input shape; required only if the model leaves it open. */
  inputShape?: readonly [height: number, width: number, channels: number];
}

/**
 * Lists the layers that a probe can read: the layers of a LayersModel, including those of nested models, or the nodes of a
 * GraphModel, in the order in which they are computed.
 *
 * A graph does not state its shapes, nor does a model that takes images of any size, so a black image is run through to
 * measure them. The list leaves out layers that TensorFlow.js cannot compute on this backend, and outputs without units, such
 * as a list of boxes.
 *
 * @param model A model from `loadLayersModel` or `loadGraphModel`. It stays the caller's.
 * @returns Plain data: the name, kind and shape of each layer, with nothing to dispose.
 * @throws TypeError if the model or an option has the wrong type.
 * @throws RangeError if there is no layer named in `from` or `feed`, or an option is out of range.
 * @throws Error if the model has several inputs and the options do not choose one, or the size of its images is open.
 * @see {@link probe}, which reads one of these layers.
 *
 * @example
 * import { layersOf } from '@cnnviz/models';
 *
 * layersOf(layersModel)[0]; // { name: 'conv1', kind: 'Conv2D', shape: [24, 24, 16] }
 */
export function layersOf(model: AnyModel, options: LayersOfOptions = {}): ModelLayer[] {
  const check = checker('@cnnviz/models', 'layersOf');
  checkEntry(check, options);
  return layersOfNetwork(check, networkOf(check, model), options);
}

export function layersOfNetwork(check: Check, network: Network, options: LayersOfOptions): ModelLayer[] {
  const entrance = entranceOf(check, network, network.outputs, options);
  const stated = network
    .reachable([entrance.entry, ...entrance.fed.places])
    .map((place) => [place, statedShape(place)]);
  const shapes = stated.every(([, shape]) => shape !== undefined)
    ? (stated as [Place, number[]][])
    : measuredShapes(check, network, blackImage(check, network, entrance, options));
  return [...shapes].flatMap(([{ name, kind }, shape]) =>
    shape.length === 3 || shape.length === 1 ? [{ name, kind, shape: shape as unknown as ModelLayer['shape'] }] : [],
  );
}

/** The shape that the model states, without the batch. */
function statedShape({ shape }: Place): number[] | undefined {
  const sizes = shape?.slice(1);
  return sizes?.includes(null) ? undefined : (sizes as number[] | undefined);
}

export function blackImage(check: Check, network: Network, entrance: Entrance, options: LayersOfOptions): BlackImage {
  return {
    entrance,
    sizes: sizesOf(check, entrance, options),
    batchSize: batchSizeOf(check, network, entrance.entry, options) ?? 1,
  };
}

/** The shape of one image at the entry. */
function sizesOf(check: Check, { entry }: Entrance, { inputShape }: LayersOfOptions): readonly number[] {
  const stated = statedShape(entry);
  if (stated !== undefined) return stated;
  if (inputShape !== undefined && inputShape !== null) return check.shape('inputShape', inputShape, 3);
  return check.failBecause(
    'state',
    `inputShape must be given: the model leaves it open, ${entry.shape === undefined ? entry.name : describeShape(entry.shape)}`,
  );
}
