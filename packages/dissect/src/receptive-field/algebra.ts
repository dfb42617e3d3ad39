import { type Check, checker } from '@cnnviz/internal';

export const check: Check = checker('@cnnviz/dissect', 'receptiveField');

export type Pair<T = number> = readonly [T, T];

/**
 * What the positions of a map see of the image along one direction: position p sees `size` pixels from
 * offset + p · stride on. Where a map was enlarged, neighbors share pixels and a position sees only the whole numbers in
 * that range; it is the smallest that holds for all positions.
 */
export interface Grid {
  readonly size: number;
  readonly stride: number;
  readonly offset: number;
  /** How many positions there are; null where unknown. */
  readonly length: number | null;
  /** What makes the length known. */
  readonly remedy: string;
  /** Whether each position also sees everything along the direction, through something pooled. */
  readonly seesAll: boolean;
}

/** Why there are no positions to speak of. */
export interface Lost {
  readonly lostBy: string;
  /** Whether the cause is known to mix positions, so that the worst case is to see everything. */
  readonly mixes: boolean;
  /** Whether a map was taken for one with its axes in another order. */
  readonly misread?: true;
}

export const lost = (lostBy: string): Lost => ({ lostBy, mixes: false });

export const mixed = (lostBy: string): Lost => ({ lostBy, mixes: true });

export const unplaced = (where: string): Lost =>
  mixed(`${where} does not keep positions; a map that begins behind it can be read with from`);

export const isLost = (value: object): value is Lost => 'lostBy' in value;

/** A window along one direction. `padding` is what is added before and after; null stands for an unknown amount. */
export interface Window {
  size: number;
  stride?: number;
  dilation?: number;
  padding: 'same' | readonly [before: number, after: number | null];
  /** What makes the amount after known. */
  remedy?: string;
}

/** The image itself. */
export const pixels = (length: number | null, remedy = 'give inputSize'): Grid => ({
  size: 1,
  stride: 1,
  offset: 0,
  length,
  remedy,
  seesAll: false,
});

/** A convolution or pooling. `same` adds what the length asks for, one more after than before. */
export function slide(grid: Grid, window: Window, where: string): Grid | Lost {
  const { size, stride = 1, dilation = 1, padding } = window;
  const { length } = grid;
  const extent = (size - 1) * dilation + 1;
  if (padding === 'same') {
    if (length === null && stride > 1) {
      return lost(`${where} pads by the size of its input, which is unknown: ${grid.remedy}`);
    }
    const before = length === null ? Math.floor((extent - 1) / 2) : samePadding(length, extent, stride);
    return { ...moved(grid, extent, stride, before), length: length === null ? null : Math.ceil(length / stride) };
  }
  const [before, after] = padding;
  const next = moved(grid, extent, stride, before);
  if (length === null) return next;
  if (after === null) return { ...next, length: null, remedy: window.remedy ?? grid.remedy };
  return { ...next, length: Math.floor((length + before + after - extent) / stride) + 1 };
}

function samePadding(length: number, extent: number, stride: number): number {
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + extent - length);
  return Math.floor(total / 2);
}

const moved = (grid: Grid, extent: number, stride: number, before: number): Grid => ({
  ...grid,
  size: (extent - 1) * grid.stride + grid.size,
  stride: stride * grid.stride,
  offset: grid.offset - before * grid.stride,
});

/**
 * A transposed convolution: position p sees the positions of `grid` from (p + before - extent + 1) / stride to
 * (p + before) / stride. `same` adds what the forward convolution of the result would.
 *
 * @param length Of the result.
 */
export function spread(grid: Grid, window: Window, length: number | null, where: string): Grid | Lost {
  const { size, stride = 1, dilation = 1, padding } = window;
  const extent = (size - 1) * dilation + 1;
  if (padding === 'same' && length === null) {
    return lost(`${where} pads by the size of its output, which is unknown: ${grid.remedy}`);
  }
  const before = padding === 'same' ? samePadding(length!, extent, stride) : padding[0];
  return {
    ...grid,
    size: ((extent - 1) * grid.stride) / stride + grid.size,
    stride: grid.stride / stride,
    offset: grid.offset + ((before - extent + 1) * grid.stride) / stride,
    length,
  };
}

export interface Resizing {
  nearest: boolean;
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

/** An enlargement or reduction to `length` positions, as `tf.image` does it. */
export function resize(grid: Grid, length: number, rule: Resizing, where: string): Grid | Lost {
  if (grid.length === null) return lost(`${where} resizes a map of unknown size: ${grid.remedy}`);
  const from = grid.length;
  if (length === from) return grid;
  const aligned = rule.alignCorners && length > 1;
  const rate = aligned ? (from - 1) / (length - 1) : from / length;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let position = 0; position < length; position++) {
    const [low, high] = sources(position, from, length, { ...rule, alignCorners: aligned });
    first = Math.min(first, low - rate * position);
    last = Math.max(last, high - rate * position);
  }
  return {
    ...grid,
    size: (last - first) * grid.stride + grid.size,
    stride: rate * grid.stride,
    offset: grid.offset + first * grid.stride,
    length,
  };
}

/** The positions that are read for one of a resized map, as a fraction of whole numbers so that nothing is rounded. */
function sources(position: number, from: number, to: number, rule: Resizing): Pair {
  const { nearest, alignCorners, halfPixelCenters } = rule;
  const denominator = alignCorners ? to - 1 : 2 * to;
  const ends = halfPixelCenters && !alignCorners;
  const numerator = alignCorners
    ? position * (from - 1)
    : (2 * position + (ends ? 1 : 0)) * from - (ends && !nearest ? to : 0);
  const within = (value: number) => Math.min(from - 1, Math.max(0, value));
  if (!nearest) return [within(Math.floor(numerator / denominator)), within(Math.ceil(numerator / denominator))];
  const source = within(alignCorners ? Math.round(numerator / denominator) : Math.floor(numerator / denominator));
  return [source, source];
}

/** Every `step`-th position, one of as many interleaved maps: what `SpaceToBatchND` does. */
export const interleaved = (grid: Grid, step: number): Grid => ({
  ...grid,
  stride: grid.stride * step,
  length: grid.length === null ? null : Math.ceil(grid.length / step),
});

/** The map that `interleaved` takes apart. */
export const woven = (grid: Grid, step: number): Grid => ({
  ...grid,
  stride: grid.stride / step,
  length: grid.length === null ? null : grid.length * step,
});

/**
 * Where branches meet: the smallest range that holds what each of them sees. One position is broadcast over the others.
 * Where strides differ because one map was resized to the size of another, the stride is that of the other.
 */
export function meet(grids: readonly [Grid, ...Grid[]], where: string): Grid | Lost {
  const length = Math.max(...grids.map((grid) => grid.length ?? 0));
  const wide = grids.filter((grid) => !(grid.length === 1 && length > 1));
  const main = wide.find(({ stride }) => Number.isInteger(stride)) ?? wide[0];
  if (main === undefined) return mixed(`${where} joins nothing`);
  const uneven = wide.find((grid) => grid.stride !== main.stride);
  if (uneven !== undefined && wide.some((grid) => grid.length !== length)) {
    const unknown = wide.find((grid) => grid.length === null);
    const remedy = unknown === undefined ? 'their sizes differ too' : unknown.remedy;
    return lost(`${where} joins maps of different strides, ${main.stride} and ${uneven.stride}: ${remedy}`);
  }
  const drifts = (grid: Grid): Pair => [
    0,
    grid.stride === main.stride ? 0 : (length - 1) * (grid.stride - main.stride),
  ];
  const first = Math.min(...wide.map((grid) => grid.offset + Math.min(...drifts(grid))));
  const last = Math.max(...wide.map((grid) => grid.offset + grid.size + Math.max(...drifts(grid))));
  return {
    size: last - first,
    stride: main.stride,
    offset: first,
    length: length > 0 ? length : null,
    remedy: main.remedy,
    seesAll: wide.length < grids.length || wide.some(({ seesAll }) => seesAll),
  };
}

/**
 * The same positions with a range that holds the whole image for each of them, about the same center.
 *
 * @param imageLength How many pixels the image has along the direction.
 */
export function widened(grid: Grid, imageLength: number, where: string): Grid | Lost {
  if (grid.length === null)
    return lost(`${where} sees the whole image, and its map has an unknown size: ${grid.remedy}`);
  const center = centerOf(grid);
  const last = center + (grid.length - 1) * grid.stride;
  const reach = Math.ceil(Math.max(last, imageLength - 1 - center, grid.size / 2));
  return { ...grid, size: 2 * reach + 1, offset: center - reach };
}

/** Where position 0 is anchored: NetDissect's pixel for whole numbers, the exact center for fractions. */
export const centerOf = ({ size, offset }: { size: number; offset: number }): number =>
  Number.isInteger(size) && Number.isInteger(offset) ? offset + Math.floor(size / 2) : offset + (size - 1) / 2;
