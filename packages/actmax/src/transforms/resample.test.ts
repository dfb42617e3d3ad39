import { createRandom } from '@cnnviz/internal';
import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { jitter } from './jitter.ts';
import { pad } from './pad.ts';
import { resample } from './resample.ts';
import { resize } from './resize.ts';
import { robustness } from './robustness.ts';
import { rotate } from './rotate.ts';
import { scale } from './scale.ts';
import { type View, type ViewTransform, wholeView } from './transform.ts';
import { transformImages } from './transform-images.ts';

const size: [number, number, number, number] = [2, 12, 11, 3];
const fill = 0.25;

function drawImages(shape = size): Tensor4D {
  return tf.tensor4d(createRandom(1).fillUniform(new Float32Array(tf.util.sizeFromShape(shape))), shape);
}

/** The window's pixels one by one, in float64. */
function slowly(values: ArrayLike<number>, [n, h, w, c]: readonly number[], view: View): number[] {
  const at = (image: number, row: number, column: number, channel: number) =>
    row < 0 || column < 0 || row >= h! || column >= w!
      ? fill
      : values[((image * h! + row) * w! + column) * c! + channel]!;
  const result: number[] = [];
  for (let image = 0; image < n!; image++) {
    for (let y = 0; y < view.height; y++) {
      for (let x = 0; x < view.width; x++) {
        const sourceX = view.xx * x + view.xy * y + view.x0;
        const sourceY = view.yx * x + view.yy * y + view.y0;
        const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
        const [restX, restY] = [sourceX - left, sourceY - top];
        for (let channel = 0; channel < c!; channel++) {
          const upper = (1 - restX) * at(image, top, left, channel) + restX * at(image, top, left + 1, channel);
          const lower = (1 - restX) * at(image, top + 1, left, channel) + restX * at(image, top + 1, left + 1, channel);
          result.push((1 - restY) * upper + restY * lower);
        }
      }
    }
  }
  return result;
}

const turned: View = { height: 9, width: 14, xx: 0.9, xy: 0.3, x0: -1.5, yx: -0.25, yy: 1.1, y0: 0.75 };

const withTransforms = (transforms: ViewTransform[], images: Tensor4D, seed = 0) =>
  tf.tidy(() => transformImages(images, transforms, createRandom(seed), fill));

async function differenceOf(one: Tensor4D, other: Tensor4D): Promise<number> {
  expect(one.shape).toEqual(other.shape);
  const largest = tf.tidy(() => tf.max(tf.abs(tf.sub(one, other))));
  const [value] = await largest.data();
  tf.dispose([one, other, largest]);
  return value!;
}

describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => {
  test('shows what a loop over pixels shows, gray outside', async () => {
    const images = drawImages();
    const shown = resample(images, turned, fill);
    const expected = slowly(await images.data(), size, turned);
    const actual = await shown.data();
    expect(Math.max(...expected.map((value, index) => Math.abs(value - actual[index]!)))).toBeLessThan(1e-6);
    expect(expected.filter((value) => value === fill).length).toBeGreaterThan(3);
    tf.dispose([images, shown]);
  });

  test('its gradient is its transpose: <A x, y> = <x, Aᵀ y>', async () => {
    const images = drawImages();
    const upstream = drawImages([2, 9, 14, 3]);
    const [sides, gradient] = tf.tidy(() => {
      const linear = (input: Tensor4D) => resample(input, turned, 0);
      const { value, grad } = tf.valueAndGrad(linear)(images, upstream);
      return [tf.stack([tf.sum(tf.mul(value, upstream)), tf.sum(tf.mul(images, grad))]), grad] as const;
    });
    const [there, back] = await sides.data();
    expect(there).toBeCloseTo(back!, 3);
    expect(gradient.shape).toEqual(size);
    tf.dispose([images, upstream, sides, gradient]);
  });

  test('pad, then jitter, is a gray frame and a crop', async () => {
    const images = drawImages();
    const random = createRandom(7);
    const [left, top] = [random.integer(4), random.integer(4)];
    const expected = tf.tidy(() => {
      const framed = tf.pad(
        images,
        [
          [0, 0],
          [2, 2],
          [2, 2],
          [0, 0],
        ],
        fill,
      );
      return tf.slice(framed, [0, top, left, 0], [2, 13, 12, 3]) as Tensor4D;
    });
    expect(
      await differenceOf(withTransforms([pad({ pixels: 2 }), jitter({ pixels: 3 })], images, 7), expected),
    ).toBeLessThan(1e-6);
    images.dispose();
  });

  test('rotate by quarter turns is an exchange of rows and columns', async () => {
    const images = drawImages([2, 9, 9, 3]);
    const counterClockwise = tf.tidy(() => tf.reverse(tf.transpose(images, [0, 2, 1, 3]), 1)) as Tensor4D;
    expect(await differenceOf(withTransforms([rotate({ degrees: [90] })], images), counterClockwise)).toBeLessThan(
      1e-5,
    );
    const upsideDown = tf.tidy(() => tf.reverse(images, [1, 2])) as Tensor4D;
    expect(await differenceOf(withTransforms([rotate({ degrees: [180] })], images), upsideDown)).toBeLessThan(1e-5);
    images.dispose();
  });

  test('scale by a half shows every second pixel, in the middle; twice and half is the image', async () => {
    const images = drawImages([2, 9, 9, 3]);
    const shown = withTransforms([scale({ factors: [0.5] })], images);
    const inner = tf.slice(shown, [0, 2, 2, 0], [2, 5, 5, 3]);
    const everySecond = tf.stridedSlice(images, [0, 0, 0, 0], [2, 9, 9, 3], [1, 2, 2, 1]) as Tensor4D;
    expect(await differenceOf(inner, everySecond)).toBeLessThan(1e-5);
    expect(
      await differenceOf(
        withTransforms([scale({ factors: [2] }), scale({ factors: [0.5] })], images),
        tf.clone(images),
      ),
    ).toBeLessThan(1e-5);
    tf.dispose([images, shown]);
  });

  test('resize is tfjs’s bilinear one with half-pixel centers, but for the border', async () => {
    const images = drawImages();
    const [shown, expected] = tf.tidy(() => {
      const middleOf = (input: Tensor4D) => tf.slice(input, [0, 2, 2, 0], [2, 17, 14, 3]);
      return [
        middleOf(withTransforms([resize({ size: [21, 18] })], images)),
        middleOf(tf.image.resizeBilinear(images, [21, 18], false, true)),
      ];
    });
    expect(await differenceOf(shown!, expected!)).toBeLessThan(1e-5);
    images.dispose();
  });
});

describeOnBackends(['cpu'], () => {
  test('the window of a size is moved as one: the size of the image comes out of the preset', () => {
    const images = drawImages([1, 40, 36, 1]);
    for (let seed = 0; seed < 5; seed++) {
      const shown = withTransforms(robustness(), images, seed);
      expect(shown.shape).toEqual([1, 40, 36, 1]);
      shown.dispose();
    }
    const larger = withTransforms(robustness({ size: [50, 50] }), images);
    expect(larger.shape).toEqual([1, 50, 50, 1]);
    tf.dispose([images, larger]);
  });

  test('transforms in a row are one interpolation: turned there and back is the image, bit for bit of the middle', async () => {
    const images = drawImages([1, 16, 16, 1]);
    expect(
      await differenceOf(
        withTransforms([rotate({ degrees: [30] }), rotate({ degrees: [-30] })], images),
        tf.clone(images),
      ),
    ).toBeLessThan(1e-4);
    images.dispose();
  });

  test('a function of one’s own comes between', async () => {
    const images = drawImages([1, 4, 4, 1]);
    const seen = tf.tidy(() =>
      transformImages(
        images,
        [
          pad({ pixels: 1 }),
          (input) => tf.mul(input, 2) as Tensor4D,
          (input, random) => tf.add(input, random.integer(1)) as Tensor4D,
        ],
        createRandom(0),
        fill,
      ),
    );
    const expected = tf.tidy(() =>
      tf.mul(
        tf.pad(
          images,
          [
            [0, 0],
            [1, 1],
            [1, 1],
            [0, 0],
          ],
          fill,
        ),
        2,
      ),
    ) as Tensor4D;
    expect(await differenceOf(seen, expected)).toBeLessThan(1e-6);
    images.dispose();
  });

  test('a window as large as the image shows it without a copy of the values', () => {
    const images = drawImages([1, 4, 4, 1]);
    const shown = resample(images, wholeView(4, 4), fill);
    expect(shown.dataId).toBe(images.dataId);
    tf.dispose([images, shown]);
  });

  test('jitter draws every place equally often', () => {
    const random = createRandom(0);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 900; draw++) {
      const { x0, y0 } = jitter({ pixels: 2 }).look(wholeView(8, 8), random, { height: 8, width: 8 });
      counts.set(`${x0},${y0}`, (counts.get(`${x0},${y0}`) ?? 0) + 1);
    }
    expect(counts.size).toBe(9);
    const chiSquare = [...counts.values()].reduce((total, count) => total + (count - 100) ** 2 / 100, 0);
    // 99.9% of chi² with 8 degrees of freedom.
    expect(chiSquare).toBeLessThan(26.1);
  });

  test('what cannot be is rejected', () => {
    expect(() => pad({ pixels: -1 })).toThrow('@cnnviz/actmax: pad: pixels must be an integer >= 0, got -1');
    expect(() => jitter({ pixels: 0.5 })).toThrow('@cnnviz/actmax: jitter: pixels must be an integer >= 0, got 0.5');
    expect(() => scale({ factors: [] })).toThrow('@cnnviz/actmax: scale: factors must be at least one number, got []');
    expect(() => scale({ factors: [0] })).toThrow('@cnnviz/actmax: scale: factors must be a number > 0, got 0');
    expect(() => rotate({ degrees: [Number.NaN] })).toThrow(
      '@cnnviz/actmax: rotate: degrees must be a number, got NaN',
    );
    expect(() => resize({ size: [0, 3] })).toThrow(
      '@cnnviz/actmax: resize: size must be 2 whole sizes >= 1, got [0, 3]',
    );
    const images = drawImages([1, 4, 4, 1]);
    expect(() => withTransforms([jitter({ pixels: 4 })], images)).toThrow(
      '@cnnviz/actmax: jitter: pixels must be less than the images’ 4, got 4'.replace('’', "'"),
    );
    images.dispose();
  });
});
