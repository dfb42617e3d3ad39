import {
  type AnyProbe,
  askModel,
  type Check,
  checker,
  type LongWork,
  reportProgress,
  requireLongWork,
  requireOutput,
  throwIfAborted,
} from '@cnnviz/internal';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ReceptiveField } from '../receptive-field/receptive-field.ts';
import { interpolationOf, type Upsampling, upsample } from '../receptive-field/upsample.ts';
import { isTop, type TopActivation, type TopActivations } from '../tallies/top-activations-tally.ts';
import { overlayMask } from './overlay-mask.ts';
import { checkGrid, type GridOptions, gridOfTiles, type TileLayout } from './tile-layout.ts';

/** An image as the network takes it, and as people see it. */
export interface ShownImage {
  /** `[h, w, c]`, as the probe takes it. */
  input: Tensor3D;
  /** `[h, w, 3]` in [0, 1], of the same size. */
  picture: Tensor3D;
}

/** How many images of a grid are drawn. */
export interface TopActivationGridProgress {
  /** Images that are drawn. */
  done: number;
  /** Images to draw, each of them once. */
  total: number;
}

/** Options of `topActivationGrid`. */
export interface TopActivationGridOptions
  extends Pick<GridOptions, 'padding' | 'border' | 'background' | 'scale'>,
    LongWork<TopActivationGridProgress> {
  /** Returns image `index` of those that `top` was found on. Its tensors are disposed, unless they are under `tf.keep`. */
  imageOf: (index: number) => ShownImage | Promise<ShownImage>;
  /** Where each position of the map lies on the image: the receptive field of the layer, or another rule. */
  upsampling: Upsampling;
  /**
   * `image`: the whole image. `field`: only the receptive field of the position that drives the unit most, with `background`
   * where it reaches beyond the image. Default: `image`.
   */
  show?: 'image' | 'field';
  /** Units to show, one row each. Default: the first 16. */
  units?: readonly number[];
  /** Images per unit. Default: as many as `top` keeps. */
  perUnit?: number;
  /**
   * One number per unit of the layer, such as the thresholds of a dissection. The mask of a unit is where its upsampled
   * activation exceeds its number. Default: half of the unit's largest activation in `top`, or one and a half times it if
   * negative; a unit whose activations are all 0 thus has no mask.
   */
  thresholds?: ArrayLike<number>;
  /** Share of the brightness that is left outside the mask, 0 to 1; with 1 only the outline shows. Default: 0.5. */
  outside?: number;
  /** RGB of the mask's outline, in [0, 1]. Default: `[1, 0.9, 0]`, yellow. */
  outline?: readonly [r: number, g: number, b: number];
}

/**
 * Draws the images that drive units most: a row for each unit, strongest image first, with the mask of the unit's
 * activation. The probe runs once for each image that is shown.
 *
 * @param probe The one that `top` was found with; answers at once or later.
 * @param top What `topActivations` found.
 * @returns A picture `[height, width, 3]` in [0, 1]. The caller disposes.
 * @throws RangeError if an option is outside its range, a unit does not exist, or images have different sizes.
 * @throws TypeError if an argument or an answer of the probe or of `imageOf` is of another kind.
 * @see Zeiler, Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
 *   https://arxiv.org/abs/1311.2901, figure 2.
 *
 * @example
 * import { receptiveField, topActivationGrid, topActivations } from '@cnnviz/dissect';
 *
 * const top = await topActivations(probe, [images], { perUnit: 3 });
 * const picture = await topActivationGrid(probe, top, {
 *   imageOf: (index) => {
 *     const input = tf.squeeze<tf.Tensor3D>(tf.slice(images, index, 1), [0]);
 *     return { input, picture: tf.tile(input, [1, 1, 3]) };
 *   },
 *   upsampling: receptiveField([{ size: 3, padding: 1 }, { size: 2, stride: 2 }, { size: 3, padding: 1 }]),
 * });
 */
export async function topActivationGrid(
  probe: AnyProbe,
  top: TopActivations,
  options: TopActivationGridOptions,
): Promise<Tensor3D> {
  const check = checker('@cnnviz/dissect', 'topActivationGrid');
  check.callable('probe', probe);
  check.options(options);
  requireLongWork(check, options);
  if (!isTop(top)) check.fail('type', 'top', 'a result of topActivations', top);
  if (!top.units.some((records) => records.length > 0)) {
    check.fail('range', 'top', 'a result of at least one image', top.images);
  }
  const shown = checkShown(check, top, options);
  throwIfAborted(options);

  const tiles = new Map<number, { unit: number; record: TopActivation; place: number }[]>();
  for (const [row, unit] of shown.units.entries()) {
    for (const [rank, record] of top.units[unit]!.slice(0, shown.perUnit).entries()) {
      const others = tiles.get(record.image) ?? [];
      tiles.set(record.image, [...others, { unit, record, place: row * shown.perUnit + rank }]);
    }
  }
  let canvas: { pixels: Float32Array; height: number; width: number } | undefined;
  let done = 0;
  for (const [image, wanted] of tiles) {
    const shownImage = check.options(await options.imageOf(image), `imageOf(${image})`);
    const view = await viewOf(check, probe, shownImage, wanted, options.upsampling);
    const [height, width] = shown.field === null ? view.size : windowOf(shown.field);
    canvas ??= blankTiles(shown.units.length * shown.perUnit, height, width, shown.layout.background);
    if (height !== canvas.height || width !== canvas.width) {
      check.fail('range', 'imageOf', `images of one size, [${canvas.height}, ${canvas.width}]`, view.size);
    }
    for (const [index, { unit, record, place }] of wanted.entries()) {
      const pixels = view.picture.slice();
      const mask = view.maps[index]!.map((activation) => (activation > shown.thresholds[unit]! ? 1 : 0));
      overlayMask(pixels, mask, view.size[1], shown.overlay);
      const [top, left] = shown.field === null ? [0, 0] : cornerOf(shown.field, record);
      const start = place * height * width * 3;
      copyWindow(
        pixels,
        view.size,
        canvas.pixels.subarray(start, start + height * width * 3),
        [height, width],
        [top, left],
      );
    }
    await reportProgress(options, { done: ++done, total: tiles.size });
  }
  if (canvas === undefined) return check.fail('range', 'units', 'units that saw an image', shown.units);
  const { pixels, height, width } = canvas;
  return tf.tidy(() => {
    const tiles = tf.tensor4d(pixels, [shown.units.length * shown.perUnit, height, width, 3]);
    return gridOfTiles(tiles, { ...shown.layout, columns: shown.perUnit });
  });
}

interface Shown {
  units: readonly number[];
  perUnit: number;
  thresholds: ArrayLike<number>;
  field: ReceptiveField | null;
  layout: TileLayout;
  overlay: { outside: number; outline: readonly [number, number, number] };
}

function checkShown(check: Check, top: TopActivations, options: TopActivationGridOptions): Shown {
  check.callable('imageOf', options.imageOf);
  const show = check.oneOf('show', options.show ?? 'image', ['image', 'field']);
  const { upsampling } = options;
  interpolationOf(check, upsampling, { size: [1, 1], mapSize: [1, 1] });
  if (show === 'field' && typeof upsampling !== 'object') {
    check.fail('type', 'upsampling', 'a receptive field to show fields', upsampling);
  }
  const count = top.units.length;
  const units = options.units ?? Array.from({ length: Math.min(16, count) }, (_, unit) => unit);
  if (!Array.isArray(units)) check.fail('type', 'units', 'a list of units', units);
  for (const unit of units) check.number('units', unit, { integer: true, min: 0, max: count - 1 });
  const perUnit = check.number('perUnit', options.perUnit ?? top.perUnit, { integer: true, min: 1, max: top.perUnit });
  // Below the largest by half of its size, whatever its sign.
  const belowLargest = top.units.map(([{ activation } = { activation: 0 }]) => activation - Math.abs(activation) / 2);
  const thresholds = options.thresholds ?? belowLargest;
  if (thresholds?.length !== count)
    check.fail('range', 'thresholds', `a number for each of ${count} units`, thresholds);
  const unfit = Array.from(thresholds).find((threshold) => typeof threshold !== 'number' || Number.isNaN(threshold));
  if (unfit !== undefined) check.fail('range', 'thresholds', `a number for each of ${count} units`, thresholds);
  const outline = options.outline ?? [1, 0.9, 0];
  if (!Array.isArray(outline) || outline.length !== 3) check.fail('range', 'outline', '[r, g, b]', outline);
  for (const level of outline) check.number('outline', level, { min: 0, max: 1 });
  return {
    units,
    perUnit,
    thresholds,
    field: show === 'field' ? (upsampling as ReceptiveField) : null,
    layout: checkGrid(check, options),
    overlay: { outside: check.number('outside', options.outside ?? 0.5, { min: 0, max: 1 }), outline },
  };
}

/** The picture, and the upsampled map of each wanted unit. Disposes the image. */
async function viewOf(
  check: Check,
  probe: AnyProbe,
  image: ShownImage,
  wanted: readonly { unit: number }[],
  upsampling: Upsampling,
): Promise<{ size: [height: number, width: number]; picture: Float32Array; maps: Float32Array[] }> {
  let maps: Tensor4D | undefined;
  try {
    check.tensor('imageOf(index).input', image?.input, { rank: 3, dtype: 'float32' });
    check.tensor('imageOf(index).picture', image.picture, { rank: 3, dtype: 'float32' });
    const [height, width, channels] = image.picture.shape;
    const [inputHeight, inputWidth] = image.input.shape;
    if (channels !== 3 || height !== inputHeight || width !== inputWidth) {
      check.fail('range', 'imageOf(index).picture', `a picture [${inputHeight}, ${inputWidth}, 3]`, image.picture);
    }
    const size: [number, number] = [height, width];
    const input = () => tf.expandDims(image.input, 0) as Tensor4D;
    maps = await askModel(probe, input, (activations) => {
      const most = wanted.reduce((most, { unit }) => Math.max(most, unit), 0);
      const fits = ({ rank, shape, size }: Tensor) => rank === 4 && shape[0] === 1 && size > 0 && shape[3]! > most;
      requireOutput(check, 'probe', 'the one that top was found with', activations, fits);
      const ofUnits = wanted.map(({ unit }) => tf.slice(activations, [0, 0, 0, unit], [1, -1, -1, 1]));
      return tf.transpose(upsample(tf.concat(ofUnits, 3) as Tensor4D, upsampling, { size }), [3, 1, 2, 0]) as Tensor4D;
    });
    const [picture, values] = await Promise.all([image.picture.data<'float32'>(), maps.data<'float32'>()]);
    const pixels = height * width;
    return {
      size,
      picture,
      maps: wanted.map((_, index) => values.subarray(index * pixels, (index + 1) * pixels)),
    };
  } finally {
    const isOurs = (tensor: Tensor3D) => !tensor?.kept && !(tensor instanceof tf.Variable);
    tf.dispose([...[image?.input, image?.picture].filter(isOurs), maps ?? []]);
  }
}

function blankTiles(
  count: number,
  height: number,
  width: number,
  background: number | readonly number[],
): { pixels: Float32Array; height: number; width: number } {
  const pixels = new Float32Array(count * height * width * 3);
  const color = typeof background === 'number' ? [background, background, background] : background;
  for (let pixel = 0; pixel < pixels.length; pixel += 3) pixels.set(color, pixel);
  return { pixels, height, width };
}

/** How many pixels a position sees at most. */
const windowOf = ({ size }: ReceptiveField): [number, number] => [Math.floor(size[0]), Math.floor(size[1])];

/** The first pixel that a position sees, down and across. */
function cornerOf({ offset, stride }: ReceptiveField, { row, column }: TopActivation): [number, number] {
  return [Math.ceil(offset[0] + row * stride[0]), Math.ceil(offset[1] + column * stride[1])];
}

/** Copies what lies in both the picture and a window that starts at `[top, left]` of it. */
function copyWindow(
  picture: Float32Array,
  [pictureHeight, pictureWidth]: readonly [number, number],
  window: Float32Array,
  [height, width]: readonly [number, number],
  [top, left]: readonly [number, number],
): void {
  const first = Math.max(0, left);
  const end = Math.min(pictureWidth, left + width);
  if (end <= first) return;
  for (let row = Math.max(0, -top); row < height && top + row < pictureHeight; row++) {
    const from = (top + row) * pictureWidth;
    window.set(picture.subarray(3 * (from + first), 3 * (from + end)), 3 * (row * width + first - left));
  }
}
