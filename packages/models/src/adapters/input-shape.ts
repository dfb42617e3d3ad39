import type { Check } from '@cnnviz/internal';
import type { Place } from '../networks/network.ts';
import { describeShape } from './entrance.ts';
import type { Preprocessing } from './preprocessing.ts';

type Sizes = readonly [number, number, number];

/** An image of 8,192 x 8,192 gray values. A larger shape comes from a damaged file. */
const mostInputValues = 2 ** 26;

/**
 * The `[height, width, channels]` of a model's images, from the options, the model or its preprocessing.
 *
 * @throws Error if none of them says it.
 */
export function inputShapeOf(
  check: Check,
  { shape }: Place,
  options: { inputShape?: Sizes; preprocessing: Preprocessing },
): Sizes {
  requireDataFormat(check, shape, options.preprocessing);
  const given = options.inputShape ?? statedShape(shape, options.preprocessing);
  if (given === undefined) {
    const stated = shape === undefined ? 'in all its sizes' : describeShape(shape);
    return check.failBecause('state', `inputShape must be given: the model leaves it open, ${stated}`);
  }
  const inputShape = check.shape('inputShape', given, 3);
  if (inputShape.reduce((product, size) => product * size, 1) > mostInputValues) {
    check.fail('range', 'inputShape', `of at most ${mostInputValues} values`, inputShape);
  }
  return inputShape;
}

/** A height of 1 or 3 with many channels more likely means one or three channels, which come first. */
function requireDataFormat(check: Check, shape: Place['shape'], { dataFormat }: Preprocessing): void {
  const [, first, , last] = shape?.length === 4 ? shape : [];
  if (dataFormat === undefined && (first === 1 || first === 3) && (last ?? 0) > 4) {
    check.failBecause(
      'state',
      `preprocessing.dataFormat must be given: ${describeShape(shape!)} may have its channels first or last`,
    );
  }
}

function statedShape(shape: Place['shape'], { dataFormat, size }: Preprocessing): Sizes | undefined {
  if (shape?.length !== 4) return undefined;
  const [, first, second, third] = shape;
  const [height, width, channels] = dataFormat === 'channelsFirst' ? [second, third, first] : [first, second, third];
  const sizes = [height ?? size?.[0], width ?? size?.[1], channels];
  return sizes.every((each) => each !== undefined && each !== null && each > 0)
    ? (sizes as unknown as Sizes)
    : undefined;
}

/** The order in which the model takes these sizes. */
export function shapeTaken([height, width, channels]: Sizes, { dataFormat }: Preprocessing): Sizes {
  return dataFormat === 'channelsFirst' ? [channels, height, width] : [height, width, channels];
}
