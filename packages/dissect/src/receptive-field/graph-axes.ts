import { isLost, mixed, unplaced } from './algebra.ts';
import { axisAt, type Cut, cut, insertAxis, reduce, replaceAxis, reshape } from './axis-operations.ts';
import { flagOf, listOf, numberOf, tensorShapeOf } from './graph-attributes.ts';
import { isOnePosition, onMap, type Step, withValues } from './graph-step.ts';
import { join } from './join.ts';
import {
  isConstant,
  isMap,
  isPlaced,
  isPooled,
  lengthOf,
  type PlacedMap,
  pooledMap,
  type Traced,
} from './placed-map.ts';

/** Two axes of a map can only be its directions where the graph does not say which they are. */
export function reduction(step: Step): Traced {
  const keep = flagOf(step.attr.keep_dims) || flagOf(step.attr.keepDims);
  return onMap(step, 0, (map) => {
    const axes = step.inputs[1];
    const isBoth = axes !== undefined && isConstant(axes) && axes.values === null && axes.count === 2;
    if (isBoth && map.axes.length === 4) return pooledMap;
    return withValues(step, 1, 'axes', (over) =>
      reduce(
        map,
        over.map((axis) => axisAt(map, axis) ?? -1),
        keep,
      ),
    );
  });
}

/** Along channels where the graph does not say along which axis. */
export function concatenation({ inputs, where }: Step): Traced {
  const [branches, last] = [inputs.slice(0, -1), inputs.at(-1)];
  const map = branches.find((branch): branch is PlacedMap => isMap(branch) && !isPooled(branch));
  if (map === undefined) return join(branches, where);
  const axis = last !== undefined && isConstant(last) ? last.values?.[0] : undefined;
  const plain = map.axes.findLastIndex((each, index) => index > 0 && !isPlaced(each));
  return join(branches, where, axisAt(map, axis ?? plain) ?? undefined);
}

/** A product with weights sums over the last axis. */
export function product(step: Step): Traced {
  const { inputs, attr, where, references, nodes } = step;
  const [left, right] = inputs;
  if (isOnePosition(step)) return pooledMap;
  if (left === undefined || right === undefined || !isConstant(right) || flagOf(attr.transpose_a)) {
    return inputs.find(isLost) ?? unplaced(where);
  }
  const weights = tensorShapeOf(nodes.get(references[1]!)?.attr?.value);
  const outputs = weights?.at(flagOf(attr.transpose_b) ? -2 : -1) ?? null;
  return onMap(step, 0, (map) => replaceAxis(map, map.axes.length - 1, [outputs]));
}

export function packing({ inputs, attr, where }: Step): Traced {
  const joined = join(inputs, where);
  return isMap(joined) ? insertAxis(joined, numberOf(attr.axis), inputs.length) : joined;
}

export function reshaping(step: Step): Traced {
  return onMap(step, 0, (map) => {
    const result = withValues(step, 1, 'shape', (target) => reshape(map, target, step.where));
    return isLost(result) ? mixed(result.lostBy) : result;
  });
}

export function slicing(step: Step): Traced {
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'start', (begins) =>
      withValues(step, 2, 'size', (sizes) =>
        begins.reduce<Traced>((result, begin, axis) => {
          const end = (sizes[axis] ?? -1) < 0 ? null : begin + sizes[axis]!;
          return isMap(result) ? cut(result, axis, { begin, end, step: 1 }, step.where) : result;
        }, map),
      ),
    ),
  );
}

export function splitting(step: Step): Traced {
  const { op, attr, inputs, where } = step;
  const [mapAt, axisIn] = op === 'Split' ? [1, 0] : [0, 2];
  return onMap(step, mapAt, (map) => {
    return withValues(step, axisIn, 'axis', ([axis]) => {
      const at = axisAt(map, axis);
      if (at === null || isPlaced(map.axes[at]!)) return unplaced(where);
      const length = lengthOf(map, map.axes[at]!);
      if (op === 'Split') return replaceAxis(map, at, [length === null ? null : length / numberOf(attr.num_split, 1)]);
      const sizes = isConstant(inputs[1]!) ? inputs[1].values : null;
      return replaceAxis(map, at, [sizes?.every((size) => size === sizes[0]) ? sizes[0]! : null]);
    });
  });
}

export function squeezing(step: Step): Traced {
  return onMap(step, 0, (map) => {
    const listed = [...listOf(step.attr.squeeze_dims), ...listOf(step.attr.axis)];
    const ones = map.axes.flatMap((axis, index) => (lengthOf(map, axis) === 1 ? [index] : []));
    return reduce(map, listed.length > 0 ? listed.map((axis) => axisAt(map, axis) ?? -1) : ones, false);
  });
}

export function stridedSlicing(step: Step): Traced {
  const mask = (name: string, bit: number) => (numberOf(step.attr[`${name}_mask`]) >> bit) % 2 === 1;
  return onMap(step, 0, (map) =>
    withValues(step, 1, 'start', (begins) =>
      withValues(step, 2, 'end', (ends) =>
        withValues(step, 3, 'step', (steps) => {
          const others = begins.filter((_, index) => mask('new_axis', index) || mask('ellipsis', index)).length;
          let [result, axis]: [Traced, number] = [map, 0];
          for (const [index, begin] of begins.entries()) {
            if (!isMap(result) || isPooled(result)) return result;
            if (mask('ellipsis', index)) axis += map.axes.length - (begins.length - others);
            else if (mask('new_axis', index)) result = insertAxis(result, axis++);
            else if (mask('shrink_axis', index)) result = pick(step, result, axis);
            else {
              const range = { begin: mask('begin', index) ? 0 : begin, end: mask('end', index) ? null : ends[index]! };
              result = cutWithin(step, result, axis++, { ...range, step: steps[index]! });
            }
          }
          return result;
        }),
      ),
    ),
  );
}

/** A cut whose ends count from the end of the axis where they are negative, and do not go beyond it. */
function cutWithin({ where }: Step, map: PlacedMap, at: number, { begin, end, step }: Cut): Traced {
  const length = lengthOf(map, map.axes[at] ?? []);
  if (length === null) return begin < 0 || (end ?? 0) < 0 ? unplaced(where) : cut(map, at, { begin, end, step }, where);
  const [first, last] = [begin, end ?? length].map((place) => Math.min(place < 0 ? place + length : place, length));
  return cut(map, at, { begin: first!, end: last!, step }, where);
}

/** One index of an axis, which goes. */
function pick({ where }: Step, map: PlacedMap, at: number): Traced {
  const axis = map.axes[at] ?? [];
  return !isPlaced(axis) || lengthOf(map, axis) === 1 ? reduce(map, [at], false) : unplaced(where);
}

export function unpacking(step: Step): Traced {
  return onMap(step, 0, (map) => {
    const at = axisAt(map, numberOf(step.attr.axis));
    return pick(step, map, at ?? -1);
  });
}
