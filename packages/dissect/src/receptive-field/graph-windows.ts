import {
  type Grid,
  interleaved,
  isLost,
  type Lost,
  lost,
  type Pair,
  resize,
  slide,
  spread,
  type Window,
  woven,
} from './algebra.ts';
import { alongDirections } from './along-directions.ts';
import { cut } from './axis-operations.ts';
import { type Attributes, flagOf, idOf, listOf, numberOf, tensorShapeOf, textOf } from './graph-attributes.ts';
import { onMap, type Step, withValues } from './graph-step.ts';
import { pairOf } from './of-windows.ts';
import {
  axesOf,
  eachGrid,
  isConstant,
  isMap,
  type Layout,
  lengthOf,
  type PlacedMap,
  type Traced,
} from './placed-map.ts';

const layoutOf = (attr: Attributes): Layout => (textOf(attr.data_format) === 'NCHW' ? 'channelsFirst' : 'channelsLast');

/** The entries of a list of four that are for down and across. */
const spatial = (attr: Attributes, list: readonly number[]): Pair => {
  const [down, across] = axesOf(layoutOf(attr));
  return [list[down]!, list[across]!];
};

const pairAttribute = (attr: Attributes, name: string): Pair => {
  const list = listOf(attr[name]);
  return list.length === 4 ? spatial(attr, list) : [1, 1];
};

function paddingOf(attr: Attributes, axis: 0 | 1): Window['padding'] {
  const padding = textOf(attr.padding);
  if (padding === 'SAME') return 'same';
  const explicit = listOf(attr.explicit_paddings);
  if (padding !== 'EXPLICIT' || explicit.length !== 8) return [0, 0];
  const even = (from: 0 | 1) =>
    spatial(
      attr,
      explicit.filter((_, index) => index % 2 === from),
    )[axis];
  return [even(0), even(1)];
}

const passing = new Set(['Cast', 'Identity', 'Switch']);

/** `[height, width, inputs, outputs]`, also where the kernel is read through other nodes. */
function kernelOf({ nodes, references }: Step): number[] | null {
  let node = nodes.get(references[1] ?? '');
  for (let left = nodes.size; node !== undefined && passing.has(node.op) && left > 0; left--) {
    node = nodes.get(idOf(node.input?.[0] ?? ''));
  }
  const shape = tensorShapeOf(node?.attr?.value);
  return shape?.length === 4 ? shape : null;
}

const kernelUnknown = ({ where, name }: Step): Lost =>
  lost(`the graph does not say how large the kernel of ${where} is: say it in windows['${name}']`);

export function convolution(step: Step): Traced {
  const { where, attr, op } = step;
  return onMap(step, 0, (map) => {
    const kernel = kernelOf(step);
    if (kernel === null) return kernelUnknown(step);
    const [height, width, inputs, outputs] = kernel;
    const strides = pairAttribute(attr, 'strides');
    const dilations = pairAttribute(attr, 'dilations');
    const each = (grid: Grid, axis: 0 | 1) => {
      const size = [height!, width!][axis]!;
      return slide(
        grid,
        { size, stride: strides[axis], dilation: dilations[axis], padding: paddingOf(attr, axis) },
        where,
      );
    };
    const channels = op.includes('Depthwise') ? inputs! * outputs! : outputs!;
    return alongDirections(map, layoutOf(attr), { where, channels, each });
  });
}

export function transposedConvolution(step: Step): Traced {
  const { where, attr } = step;
  return onMap(step, 2, (map) =>
    withValues(step, 0, 'output shape', (shape) => {
      const kernel = kernelOf(step);
      if (kernel === null) return kernelUnknown(step);
      const strides = pairAttribute(attr, 'strides');
      const lengths = spatial(attr, shape);
      const each = (grid: Grid, axis: 0 | 1) =>
        spread(
          grid,
          { size: kernel[axis]!, stride: strides[axis], padding: paddingOf(attr, axis) },
          lengths[axis],
          where,
        );
      return alongDirections(map, layoutOf(attr), { where, channels: kernel[2]!, each });
    }),
  );
}

export function pooling(step: Step): Traced {
  const { where, attr } = step;
  const [sizes, strides] = [pairAttribute(attr, 'ksize'), pairAttribute(attr, 'strides')];
  const each = (grid: Grid, axis: 0 | 1) =>
    slide(grid, { size: sizes[axis], stride: strides[axis], padding: paddingOf(attr, axis) }, where);
  return onMap(step, 0, (map) => alongDirections(map, layoutOf(attr), { where, each }));
}

/** Directions are padded, other axes become longer. */
export function padding(step: Step): Traced {
  const { where, name, options } = step;
  return onMap(step, 0, (map) => {
    const amounts = step.inputs[1];
    const isKnown = amounts !== undefined && isConstant(amounts) && amounts.values !== null;
    if (isKnown) return withValues(step, 1, 'amounts', (values) => padAxes(step, map, values));
    const { paddings = {} } = options;
    if (Object.hasOwn(paddings, name)) return padDirections(step, map, paddings[name]!);
    const constants = `constants['${step.references[1]}']`;
    return lost(`how much ${where} pads is in the weights: give it in paddings['${name}'] or ${constants}`);
  });
}

function padDirections({ where, name, references }: Step, map: PlacedMap, given: unknown): Traced {
  const before = pairOf(`paddings['${name}']`, given, { min: 0 });
  const remedy = `give constants['${references[1]}'], for paddings['${name}'] says only what is added before`;
  return eachGrid(map, (grid, axis) => slide(grid, { size: 1, padding: [before[axis], null], remedy }, where));
}

function padAxes({ where }: Step, map: PlacedMap, values: readonly number[]): Traced {
  return map.axes.reduce<Traced>((result, axis, index) => {
    const [before = 0, after = 0] = values.slice(2 * index, 2 * index + 2);
    const length = lengthOf(map, axis);
    return isMap(result)
      ? cut(result, index, { begin: -before, end: length === null ? null : length + after, step: 1 }, where)
      : result;
  }, map);
}

export function resizing(step: Step): Traced {
  const { where, attr, op } = step;
  const rule = {
    nearest: op === 'ResizeNearestNeighbor',
    alignCorners: flagOf(attr.align_corners),
    halfPixelCenters: flagOf(attr.half_pixel_centers),
  };
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'size', (lengths) =>
      alongDirections(map, 'channelsLast', { where, each: (grid, axis) => resize(grid, lengths[axis]!, rule, where) }),
    ),
  );
}

/** Channels to positions: those of a block are read from one position. */
export function shuffling(step: Step): Traced {
  const { where, attr } = step;
  const block = numberOf(attr.block_size, 1);
  const layout = layoutOf(attr);
  const each = (grid: Grid) => {
    const length = grid.length === null ? null : grid.length * block;
    return spread(grid, { size: block, stride: block, padding: [0, 0] }, length, where);
  };
  return onMap(step, 0, (map) => {
    const channels = lengthOf(map, map.axes[layout === 'channelsLast' ? 3 : 1] ?? [null]);
    return alongDirections(map, layout, { where, channels: channels && channels / block ** 2, each });
  });
}

/** Sets positions that lie `block` apart beside each other in maps of their own, for a dilated convolution, and back. */
export function interleaving(step: Step): Traced {
  const { where, op } = step;
  const forth = (grid: Grid, block: number, before: number, after: number): Grid | Lost => {
    const padded = slide(grid, { size: 1, padding: [before, after] }, where);
    return isLost(padded) ? padded : interleaved(padded, block);
  };
  const back = (grid: Grid, block: number, before: number, after: number): Grid | Lost =>
    slide(woven(grid, block), { size: 1, padding: [-before, -after] }, where);
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'block', (blocks) =>
      withValues(step, 2, 'amounts', (amounts) => {
        const change = op === 'SpaceToBatchND' ? forth : back;
        const each = (grid: Grid, axis: 0 | 1) =>
          change(grid, blocks[axis] ?? 1, amounts[2 * axis] ?? 0, amounts[2 * axis + 1] ?? 0);
        return alongDirections(map, 'channelsLast', { where, each });
      }),
    ),
  );
}
