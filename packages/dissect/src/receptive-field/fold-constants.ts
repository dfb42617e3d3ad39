import { type Constant, unknownConstant } from './placed-map.ts';

type Values = readonly (number | null)[];

/** Longer ones are weights, not shapes, axes or amounts. */
const mostValues = 256;

export const constantOf = (values: Values): Constant =>
  values.length <= mostValues ? { values, count: values.length } : { values: null, count: values.length };

/**
 * What a graph computes of shapes and other small constants: sizes to resize to, shapes to reshape to.
 *
 * @returns With `values` null where they are unknown, or the operation is none of those that graphs use for this.
 */
export function fold(op: string, inputs: readonly Constant[], node: { mask: (name: string) => number }): Constant {
  const pairwise = pairwiseOperations[op];
  const lists = inputs.map(({ values }) => values);
  const [first, ...others] = lists;
  if (pairwise !== undefined) return pairwiseOf(lists, pairwise);
  if (first === undefined || first === null) return { values: null, count: inputs[0]?.count ?? null };
  switch (op) {
    case 'Identity':
    case 'Cast':
    case 'ExpandDims':
    case 'Squeeze':
    case 'Reshape':
    case 'StopGradient':
    case 'Switch':
      return constantOf(first);
    case 'Unpack':
      return { ...constantOf(first), isUnpacked: true };
    case 'Pack':
      return joined(lists);
    case 'ConcatV2':
      return joined(lists.slice(0, -1));
    case 'Prod':
      return constantOf([
        first.reduce((product, value) => (product === null || value === null ? null : product * value), 1),
      ]);
    case 'Floor':
      return constantOf(first.map((value) => value && Math.floor(value)));
    case 'Ceil':
      return constantOf(first.map((value) => value && Math.ceil(value)));
    case 'Neg':
      return constantOf(first.map((value) => value && -value));
    case 'GatherV2':
      return constantOf((others[0] ?? []).map((index) => first[index ?? -1] ?? null));
    case 'StridedSlice':
      return sliced(first, others, node.mask);
    case 'Slice': {
      const [begin, size] = [others[0]?.[0], others[1]?.[0]];
      if (typeof begin !== 'number' || typeof size !== 'number' || others[0]?.length !== 1) return unknownConstant;
      return constantOf(first.slice(begin, size === -1 ? undefined : begin + size));
    }
  }
  return unknownConstant;
}

const pairwiseOperations: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  AddV2: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  RealDiv: (a, b) => a / b,
  FloorDiv: (a, b) => Math.floor(a / b),
  FloorMod: (a, b) => a - b * Math.floor(a / b),
  Maximum: Math.max,
  Minimum: Math.min,
};

function pairwiseOf([a, b]: readonly (Values | null)[], compute: (a: number, b: number) => number): Constant {
  if (!a || !b) return unknownConstant;
  const length = Math.max(a.length, b.length);
  return constantOf(
    Array.from({ length }, (_, index) => {
      const [left, right] = [a[a.length === 1 ? 0 : index], b[b.length === 1 ? 0 : index]];
      return left === null || right === null || left === undefined || right === undefined ? null : compute(left, right);
    }),
  );
}

const joined = (lists: readonly (Values | null)[]): Constant =>
  lists.includes(null) ? unknownConstant : constantOf(lists.flatMap((list) => list ?? []));

function sliced(list: Values, [begins, ends, steps]: (Values | null)[], mask: (name: string) => number): Constant {
  const [step, begin, end] = [steps?.[0] ?? 1, begins?.[0], ends?.[0]];
  const isKnown = typeof begin === 'number' && typeof end === 'number' && begins?.length === 1 && step >= 1;
  if (!isKnown) return unknownConstant;
  if (mask('shrink_axis_mask') & 1) return constantOf([list.at(begin) ?? null]);
  const from = mask('begin_mask') & 1 ? 0 : begin;
  const to = mask('end_mask') & 1 ? undefined : end;
  return constantOf(list.slice(from, to).filter((_, index) => index % step === 0));
}

/** One of the outputs of what a node gives. */
export function outputAt(constant: Constant, output: number): Constant {
  return constant.isUnpacked ? constantOf([constant.values?.[output] ?? null]) : constant;
}
