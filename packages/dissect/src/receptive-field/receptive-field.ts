import { restoring } from '@cnnviz/internal';
import { check } from './algebra.ts';
import { ofGraph } from './of-graph.ts';
import { ofLayers } from './of-layers.ts';
import { ofWindows } from './of-windows.ts';
import type { FieldGraph, LayersTopology, ReceptiveField, ReceptiveFieldOptions, SlidingWindow } from './options.ts';

export type {
  FieldGraph,
  FieldGraphNode,
  LayersTopology,
  LayerTopology,
  ReceptiveField,
  ReceptiveFieldOptions,
  SlidingWindow,
} from './options.ts';

/**
 * Computes the receptive field of a layer: size, stride and offset composed over the convolutions, poolings, paddings and
 * resizings before it.
 *
 * A window (s', t', o') on a map that has size s, stride t and offset o sees (s' - 1) t + s pixels, with stride t' t, from
 * o' t + o on. Where branches meet, the field is the smallest that holds those of all branches. A branch that was pooled to
 * one position and is broadcast, as in squeeze-and-excitation, sees the whole image: the result has `wholeImage`, and its
 * size and offset are those of the branch that keeps the map, so that `upsample` and `dissect` put positions where they lie;
 * `extent: 'whole'` counts the image. A layer without a map, such as a dense one, sees the whole image.
 *
 * The source is a `LayersModel`, nested models and layers that other models share included; the `modelTopology` of a
 * `GraphModel` (in its model.json, or in what `tf.io.http(url).load()` gives), both with the name of a layer or of a graph's
 * node; or the windows by hand, from the image on. `inner/conv` names a layer of the nested model `inner`, `conv#2` the
 * second application of `conv`, as in the lists of `@cnnviz/models`.
 *
 * @returns Plain data.
 * @throws RangeError if there is no such layer, or an option or a window is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @throws Error if the layer has no map, or something that its field depends on is unknown; says which layer or node, and
 *   what to do. Or if the graph is damaged.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796: masks are
 *   anchored at the field's centers.
 *
 * @example
 * import { receptiveField } from '@cnnviz/dissect';
 *
 * receptiveField(layersModel, 'conv1'); // { size: [5, 5], stride: [1, 1], offset: [0, 0], inputSize: [28, 28] }
 * const byHand = receptiveField([{ size: 11, stride: 4 }, { size: 3, stride: 2 }, { size: 5, padding: 2 }]);
 * byHand.size; // [51, 51]
 */
export function receptiveField(
  windows: readonly SlidingWindow[],
  options?: Pick<ReceptiveFieldOptions, 'inputSize'>,
): ReceptiveField;
export function receptiveField(
  source: LayersTopology | FieldGraph,
  layer: string,
  options?: ReceptiveFieldOptions,
): ReceptiveField;
export function receptiveField(
  source: readonly SlidingWindow[] | LayersTopology | FieldGraph,
  second: string | ReceptiveFieldOptions = {},
  third: ReceptiveFieldOptions = {},
): ReceptiveField {
  const options = typeof second === 'string' ? third : second;
  checkOptions(check.options(options));
  check.options(third);
  if (Array.isArray(source)) return ofWindows(source, options.inputSize ?? null);
  if (typeof second !== 'string') check.fail('type', 'layer', 'the name of a layer', second);
  if (holdsList(source, 'layers')) return ofLayers(source as LayersTopology, second, options);
  if (holdsList(source, 'node')) {
    return restoring(check, 'the graph', () => ofGraph(source as FieldGraph, second, options));
  }
  return check.fail('type', 'source', 'a LayersModel, the modelTopology of a GraphModel or a list of windows', source);
}

const holdsList = (source: unknown, name: string): boolean =>
  typeof source === 'object' && source !== null && Array.isArray((source as Record<string, unknown>)[name]);

function checkOptions(options: ReceptiveFieldOptions): void {
  const { inputSize, from, nodeIndex, extent } = options;
  if (inputSize !== undefined) check.shape('inputSize', inputSize, 2);
  if (from !== undefined && typeof from !== 'string') check.fail('type', 'from', 'the name of a layer', from);
  if (nodeIndex !== undefined) check.number('nodeIndex', nodeIndex, { integer: true, min: 0 });
  if (extent !== undefined) check.oneOf('extent', extent, ['local', 'whole']);
  for (const name of ['paddings', 'constants', 'windows'] as const) {
    const record = options[name];
    if (record !== undefined && (typeof record !== 'object' || record === null)) {
      check.fail('type', name, 'an object by names of nodes', record);
    }
  }
}
