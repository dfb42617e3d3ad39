import { type Check, checker, type Probe } from '@cnnviz/internal';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Place } from '../networks/network.ts';
import { type AnyModel, networkOf } from '../networks/network-of.ts';
import { placeNamed } from '../networks/place-named.ts';
import { checkEntry, type EntryOptions } from './entrance.ts';
import { imageRoute } from './image-route.ts';

/** Options of {@link probe}: where it begins. */
export interface ProbeOptions extends EntryOptions {}

/**
 * Makes a probe that maps images to the activations of one layer or node of a LayersModel or a GraphModel.
 *
 * @param model A model from `loadLayersModel` or `loadGraphModel`. It stays the caller's, and must outlive the probe.
 * @param layer One of the names that {@link layersOf} lists; `inner/conv1` is the layer `conv1` of the nested model `inner`.
 * @returns A synchronous, differentiable function from images `[n, h, w, c]` to activations `[n, h', w', units]`, or
 *   `[n, 1, 1, units]` for a layer without positions. The caller disposes the activations.
 * @throws RangeError if there is no such layer. The message lists similar names.
 * @throws TypeError if the model or an option has the wrong type.
 * @throws Error if the model has several inputs and `from` names none, or if the layer's output is not a tensor of activations.
 * @see {@link probes}, which reads several layers in one pass.
 *
 * @example
 * import { probe } from '@cnnviz/models';
 *
 * const conv1 = probe(layersModel, 'conv1');
 * conv1(images).shape; // [4, 24, 24, 16]
 */
export function probe(model: AnyModel, layer: string, options: ProbeOptions = {}): Probe {
  const check = checker('@cnnviz/models', 'probe');
  checkEntry(check, options);
  const network = networkOf(check, model);
  return probeOf(check, network, layer, options);
}

/**
 * Makes a function that reads several layers or nodes of a model in one pass.
 *
 * @param model A model from `loadLayersModel` or `loadGraphModel`. It stays the caller's, and must outlive the function.
 * @param layers Names of layers or nodes, as for {@link probe}.
 * @returns A function from images `[n, h, w, c]` to the activations of each layer, by name. The caller disposes all of them.
 * @throws RangeError, TypeError or Error, under the conditions of {@link probe}.
 * @see {@link layersOf}, which lists the names.
 *
 * @example
 * import { probes } from '@cnnviz/models';
 *
 * const { conv1 } = probes(layersModel, ['conv1'])(images);
 * conv1.dispose();
 */
export function probes<const L extends string>(
  model: AnyModel,
  layers: readonly L[],
  options: ProbeOptions = {},
): (images: Tensor4D) => Record<L, Tensor4D> {
  const check = checker('@cnnviz/models', 'probes');
  checkEntry(check, options);
  const network = networkOf(check, model);
  return probesOf(check, network, layers, options);
}

export function probeOf(check: Check, network: Network, layer: string, options: EntryOptions): Probe {
  const place = placeNamed(check, network, 'layer', layer);
  const run = imageRoute(check, network, [place], options);
  return (images) => tf.tidy(() => asMaps(check, place, run(images, false)[0]!));
}

export function probesOf<L extends string>(
  check: Check,
  network: Network,
  layers: readonly L[],
  options: EntryOptions,
): (images: Tensor4D) => Record<L, Tensor4D> {
  if (!Array.isArray(layers) || layers.length === 0) check.fail('type', 'layers', 'a list of names', layers);
  const places = layers.map((layer) => placeNamed(check, network, 'layers', layer));
  const run = imageRoute(check, network, places, options);
  return (images) =>
    tf.tidy(() => {
      const maps = run(images, false).map((output, index) => [layers[index]!, asMaps(check, places[index]!, output)]);
      return Object.fromEntries(maps);
    });
}

function asMaps(check: Check, { name }: Place, output: Tensor): Tensor4D {
  const { shape, dtype } = output;
  if (dtype !== 'float32' || (shape.length !== 4 && shape.length !== 2)) {
    check.failBecause(
      'state',
      `${JSON.stringify(name)} is ${dtype} [${shape.join(', ')}]: activations are float32 [n, h, w, units] or [n, units]`,
    );
  }
  return shape.length === 4 ? (output as Tensor4D) : tf.reshape(output, [shape[0]!, 1, 1, shape[1]!]);
}
