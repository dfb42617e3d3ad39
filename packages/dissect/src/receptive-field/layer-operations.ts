import { type Grid, lost, type Pair, resize, slide, spread } from './algebra.ts';
import { alongDirections } from './along-directions.ts';
import { axisAt, reduce, replaceAxis, reshape, seeAllAlong, transpose } from './axis-operations.ts';
import { join } from './join.ts';
import { givenWindow, pairOf, throughGivenWindow, unknownKind } from './of-windows.ts';
import type { LayerTopology, ReceptiveFieldOptions } from './options.ts';
import {
  axesOf,
  isMap,
  isPooled,
  isSingle,
  type Layout,
  lengthOf,
  type PlacedMap,
  pooledMap,
  type Traced,
} from './placed-map.ts';

type Config = Readonly<Record<string, unknown>>;

/** Empty where it is damaged. */
export function configOf(layer: LayerTopology): Config {
  const config: unknown = layer.getConfig();
  return typeof config === 'object' && config !== null ? (config as Config) : {};
}

/** What a layer makes of its inputs. */
export function throughLayer(layer: LayerTopology, inputs: readonly Traced[], options: ReceptiveFieldOptions): Traced {
  const kind = layer.getClassName();
  const where = `${layer.name} (${kind})`;
  const config = configOf(layer);
  const window = givenWindow(options, layer.name, kind);
  if (window !== undefined) return throughGivenWindow(join(inputs, where), window, layer.name);
  if (layersThatKeepPositions.has(kind)) return activated(join(inputs, where), config);
  if (kind === 'Concatenate') return concatenated(inputs, config, where);
  const map = join(inputs, where);
  const through = Object.hasOwn(layers, kind) ? layers[kind] : undefined;
  if (!isMap(map)) return map;
  if (through === undefined) return unknownKind(layer.name, kind);
  return activated(through(map, config, where), config);
}

const layersThatKeepPositions = new Set([
  'Activation',
  'ActivityRegularization',
  'Add',
  'AlphaDropout',
  'Average',
  'BatchNormalization',
  'Dropout',
  'ELU',
  'GaussianDropout',
  'GaussianNoise',
  'InputLayer',
  'LeakyReLU',
  'Masking',
  'Maximum',
  'Minimum',
  'Multiply',
  'PReLU',
  'ReLU',
  'Rescaling',
  'SpatialDropout2D',
  'ThresholdedReLU',
]);

type LayerOperation = (map: PlacedMap, config: Config, where: string) => Traced;

const layers: Readonly<Record<string, LayerOperation>> = {
  AveragePooling2D: pooling,
  Conv2D: convolution,
  Conv2DTranspose: transposedConvolution,
  Cropping2D: (map, config, where) => padded(map, config, margins(config.cropping, where, -1), where),
  Dense: dense,
  DepthwiseConv2D: convolution,
  Flatten: flattened,
  GlobalAveragePooling2D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  LayerNormalization: (map, config) => allAlong(map, config.axis),
  MaxPooling2D: pooling,
  Permute: permuted,
  Reshape: reshaped,
  Resizing: resizing,
  SeparableConv2D: convolution,
  Softmax: (map, config) => allAlong(map, config.axis),
  UpSampling2D: enlarging,
  ZeroPadding2D: (map, config, where) => padded(map, config, margins(config.padding, where, 1), where),
};

/** A softmax reads all of the last axis. */
function activated(traced: Traced, { activation }: Config): Traced {
  return isMap(traced) && activation === 'softmax' ? allAlong(traced, -1) : traced;
}

function allAlong(map: PlacedMap, axis: unknown): Traced {
  const axes: unknown[] = Array.isArray(axis) ? axis : [axis ?? -1];
  return axes.reduce<Traced>(
    (result, each) => (isMap(result) ? seeAllAlong(result, axisAt(result, Number(each)) ?? -1) : result),
    map,
  );
}

const layoutOf = ({ dataFormat }: Config): Layout =>
  dataFormat === 'channelsFirst' ? 'channelsFirst' : 'channelsLast';

const configPair = (value: unknown, where: string): Pair => pairOf(`the configuration of ${where}`, value, { min: 1 });

function convolution(map: PlacedMap, config: Config, where: string): Traced {
  const [sizes, strides] = [configPair(config.kernelSize, where), configPair(config.strides, where)];
  const dilations = configPair(config.dilationRate ?? 1, where);
  const padding = config.padding === 'same' ? 'same' : ([0, 0] as const);
  const each = (grid: Grid, axis: 0 | 1) =>
    slide(grid, { size: sizes[axis], stride: strides[axis], dilation: dilations[axis], padding }, where);
  return alongDirections(map, layoutOf(config), { where, channels: channelsOf(map, config), each });
}

function channelsOf(map: PlacedMap, config: Config): number | null {
  if (typeof config.filters === 'number') return config.filters;
  const channels = lengthOf(map, map.axes[layoutOf(config) === 'channelsLast' ? map.axes.length - 1 : 1] ?? [null]);
  return channels === null ? null : channels * Number(config.depthMultiplier ?? 1);
}

function pooling(map: PlacedMap, config: Config, where: string): Traced {
  const [sizes, strides] = [configPair(config.poolSize, where), configPair(config.strides ?? config.poolSize, where)];
  const padding = config.padding === 'same' ? 'same' : ([0, 0] as const);
  const each = (grid: Grid, axis: 0 | 1) => slide(grid, { size: sizes[axis], stride: strides[axis], padding }, where);
  return alongDirections(map, layoutOf(config), { where, each });
}

/** The result is as long as the layer makes it, so that `same` adds the same whatever the length is. */
function transposedConvolution(map: PlacedMap, config: Config, where: string): Traced {
  const [sizes, strides] = [configPair(config.kernelSize, where), configPair(config.strides, where)];
  const each = (grid: Grid, axis: 0 | 1) => {
    const [size, stride] = [sizes[axis], strides[axis]];
    const overlap = Math.max(0, size - stride);
    const isSame = config.padding === 'same';
    const length = grid.length === null ? null : grid.length * stride + (isSame ? 0 : overlap);
    return spread(grid, { size, stride, padding: [isSame ? Math.floor(overlap / 2) : 0, 0] }, length, where);
  };
  return alongDirections(map, layoutOf(config), { where, channels: channelsOf(map, config), each });
}

/** `n`, `[down, across]` or `[[top, bottom], [left, right]]`. */
function margins(value: unknown, where: string, sign: 1 | -1): Pair<Pair> {
  const both = Array.isArray(value) ? value : [value, value];
  const along = (margin: unknown): Pair => {
    const [before, after] = pairOf(`the configuration of ${where}`, margin, {});
    return [sign * before, sign * after];
  };
  return [along(both[0]), along(both[1])];
}

function padded(map: PlacedMap, config: Config, margin: Pair<Pair>, where: string): Traced {
  const each = (grid: Grid, axis: 0 | 1) => slide(grid, { size: 1, padding: margin[axis] }, where);
  return alongDirections(map, layoutOf(config), { where, each });
}

function enlarging(map: PlacedMap, config: Config, where: string): Traced {
  const sizes = configPair(config.size, where);
  const each = (grid: Grid, axis: 0 | 1) => {
    const times = sizes[axis];
    const length = grid.length === null ? null : grid.length * times;
    if (config.interpolation !== 'bilinear')
      return spread(grid, { size: times, stride: times, padding: [0, 0] }, length, where);
    return resize(grid, length ?? 0, { nearest: false, alignCorners: false, halfPixelCenters: false }, where);
  };
  return alongDirections(map, layoutOf(config), { where, each });
}

function resizing(map: PlacedMap, config: Config, where: string): Traced {
  const lengths = configPair([config.height, config.width], where);
  const rule = {
    nearest: config.interpolation === 'nearest',
    alignCorners: config.cropToAspectRatio !== true,
    halfPixelCenters: false,
  };
  return alongDirections(map, 'channelsLast', {
    where,
    each: (grid, axis) => resize(grid, lengths[axis], rule, where),
  });
}

function globalPooling(map: PlacedMap, config: Config, where: string): Traced {
  const layout = layoutOf(config);
  const found = alongDirections(map, layout, { where, each: (grid) => grid });
  return isMap(found) ? reduce(found, axesOf(layout), false) : found;
}

/** Sums over the last axis. */
function dense(map: PlacedMap, config: Config): Traced {
  return replaceAxis(map, map.axes.length - 1, [typeof config.units === 'number' ? config.units : null]);
}

function flattened(map: PlacedMap): Traced {
  return isSingle(map) ? pooledMap : { grids: map.grids, axes: [map.axes[0] ?? [], map.axes.slice(1).flat()] };
}

function permuted(map: PlacedMap, { dims }: Config, where: string): Traced {
  if (!Array.isArray(dims)) return lost(`${where} does not say how it turns axes`);
  return transpose(map, [0, ...dims.map(Number)]);
}

function reshaped(map: PlacedMap, { targetShape }: Config, where: string): Traced {
  if (isSingle(map)) return pooledMap;
  if (!Array.isArray(targetShape)) return lost(`${where} does not say what it makes of axes`);
  return reshape(map, [1, ...targetShape.map((length) => (typeof length === 'number' ? length : -1))], where);
}

/** Along an axis that is none of the map's directions. */
function concatenated(inputs: readonly Traced[], { axis }: Config, where: string): Traced {
  const map = inputs.find((input): input is PlacedMap => isMap(input) && !isPooled(input));
  return join(inputs, where, map && (axisAt(map, typeof axis === 'number' ? axis : -1) ?? undefined));
}
