import { createRandom } from '@cnnviz/internal';
import { useBackend } from '@cnnviz/testing';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chiSquare, rareChiSquare, tally } from '../../test-support/chi-square.ts';
import {
  type Augmentation,
  augment,
  centerCrop,
  colorJitter,
  defineAugmentation,
  labelSmoothing,
  mixup,
  randomAffine,
  randomCrop,
  randomErase,
  randomMirror,
  whiten,
} from '../index.ts';

useBackend('cpu');

type Shape = readonly [number, number, number, number];
const noise = (shape: Shape, seed = 0) =>
  tf.tensor4d(createRandom(seed).fillUniform(new Float32Array(shape.reduce((a, b) => a * b))), [...shape]);
const read = async (tensor: tf.Tensor) => Array.from(await tensor.data());
const nested = (tensor: tf.Tensor) => tensor.array() as Promise<number[][][][]>;

/** The image's value at (y, x), or what stands outside. */
function pixel(image: number[][][], y: number, x: number, padding: 'zero' | 'edge' | 'reflect'): number[] {
  const [height, width] = [image.length, image[0]!.length];
  const inside = y >= 0 && y < height && x >= 0 && x < width;
  if (inside) return image[y]![x]!;
  if (padding === 'zero') return image[0]![0]!.map(() => 0);
  if (padding === 'edge') return image[Math.min(height - 1, Math.max(0, y))]![Math.min(width - 1, Math.max(0, x))]!;
  const fold = (at: number, size: number): number =>
    at < 0 ? fold(-at, size) : at >= size ? fold(2 * (size - 1) - at, size) : at;
  return image[fold(y, height)]![fold(x, width)]!;
}

describe('randomCrop', () => {
  test.each(['zero', 'reflect'] as const)(
    'equals the obvious crop of the %s-padded image, pixel for pixel',
    async (mode) => {
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            height: fc.integer({ min: 3, max: 7 }),
            width: fc.integer({ min: 3, max: 7 }),
            channels: fc.constantFrom(1, 3),
            padding: fc.integer({ min: 0, max: 2 }),
            shrink: fc.integer({ min: 0, max: 2 }),
            seed: fc.nat(),
          }),
          async ({ height, width, channels, padding, shrink, seed }) => {
            const images = noise([3, height, width, channels], seed);
            const size = [height - shrink, width + 2 * padding - shrink] as const;
            const crop = randomCrop({ size, padding, mode });
            const drawn = crop.draw(images.shape, { seed });
            const [result, source] = [await nested(crop.apply(images, drawn)), await nested(images)];
            const { tops, lefts } = drawn.parameters;
            const expected = source.map((image, i) =>
              Array.from({ length: size[0] }, (_, y) =>
                Array.from({ length: size[1] }, (_, x) =>
                  pixel(image, tops[i]! + y - padding, lefts[i]! + x - padding, mode),
                ),
              ),
            );
            expect(result).toEqual(expected);
          },
        ),
        { numRuns: 30 },
      );
    },
  );

  test('every offset is equally likely, of each image by itself (chi-square)', () => {
    const { tops, lefts } = randomCrop({ size: [28, 30], padding: 0 }).draw([9000, 32, 32, 3], { seed: 0 }).parameters;
    expect(chiSquare(tally(tops, 5))).toBeLessThan(rareChiSquare(4));
    expect(chiSquare(tally(lefts, 3))).toBeLessThan(rareChiSquare(2));
    const together = Array.from(tops, (top, i) => top * 3 + lefts[i]!);
    expect(chiSquare(tally(together, 15))).toBeLessThan(rareChiSquare(14));
    const neighbors = Array.from(tops.slice(1), (top, i) => top * 5 + tops[i]!);
    expect(chiSquare(tally(neighbors, 25))).toBeLessThan(rareChiSquare(24));
  });

  test('a crop of the whole size is the image', async () => {
    const images = noise([2, 4, 5, 3]);
    expect(await nested(randomCrop({ size: [4, 5] })(images, { seed: 9 }))).toEqual(await nested(images));
  });
});

test('centerCrop takes the middle, and of an odd surplus leaves more below and to the right', async () => {
  const images = tf.reshape(tf.range(0, 20), [1, 4, 5, 1]) as Tensor4D;
  expect(await read(centerCrop({ size: [2, 2] })(images))).toEqual([6, 7, 11, 12]);
  expect(await read(centerCrop({ size: [4, 5] })(images))).toEqual(await read(images));
});

describe('randomMirror', () => {
  test('exchanges left and right, up and down, both, or nothing', async () => {
    const images = noise([40, 3, 4, 2]);
    const mirror = randomMirror({ leftRight: 0.5, upDown: 0.5 });
    const drawn = mirror.draw(images.shape, { seed: 0 });
    const expected = (await nested(images)).map((image, i) => {
      const rows = drawn.parameters.upDown[i] ? image.toReversed() : image;
      return drawn.parameters.leftRight[i] ? rows.map((row) => row.toReversed()) : rows;
    });
    expect(await nested(mirror.apply(images, drawn))).toEqual(expected);
    const kinds = drawn.parameters.upDown.map((down, i) => Number(down) * 2 + Number(drawn.parameters.leftRight[i]));
    expect(new Set(kinds).size).toBe(4);
  });

  test('mirrors with the probability that was asked for (chi-square), left-right and up-down independently', () => {
    const { leftRight, upDown } = randomMirror({ upDown: 0.5 }).draw([4000, 2, 2, 1], { seed: 0 }).parameters;
    const kinds = leftRight.map((left, i) => Number(left) + 2 * Number(upDown[i]));
    expect(chiSquare(tally(kinds, 4))).toBeLessThan(rareChiSquare(3));
    const rare = randomMirror({ leftRight: 0.1 }).draw([4000, 2, 2, 1], { seed: 0 }).parameters;
    const mirrored = rare.leftRight.filter(Boolean).length;
    expect(Math.abs(mirrored - 400)).toBeLessThan(4 * Math.sqrt(4000 * 0.1 * 0.9));
    expect(rare.upDown.some(Boolean)).toBe(false);
  });
});

describe('randomErase', () => {
  test('replaces the pixels of its rectangle and no others', async () => {
    const images = noise([12, 8, 9, 2]);
    const erase = randomErase({ probability: 0.8, fill: [5, 6] });
    const drawn = erase.draw(images.shape, { seed: 0 });
    const result = await nested(erase.apply(images, drawn));
    let erased = 0;
    for (const [i, image] of (await nested(images)).entries()) {
      const { top, left, height, width } = drawn.parameters.boxes[i]!;
      for (const [y, row] of image.entries()) {
        for (const [x, values] of row.entries()) {
          const inside = y >= top && y < top + height && x >= left && x < left + width;
          if (inside) erased++;
          if (inside) expect(result[i]![y]![x]!.every((value) => value >= 5 && value <= 6)).toBe(true);
          else expect(result[i]![y]![x]).toEqual(values);
        }
      }
    }
    expect(erased).toBeGreaterThan(0);
  });

  test('area, aspect ratio and frequency are as asked for', () => {
    const [height, width] = [64, 64];
    const options = { probability: 0.3, area: [0.1, 0.2], aspectRatio: [0.5, 2] } as const;
    const { boxes } = randomErase(options).draw([3000, height, width, 1], { seed: 0 }).parameters;
    const erased = boxes.filter((box) => box.height > 0);
    expect(Math.abs(erased.length - 900)).toBeLessThan(4 * Math.sqrt(3000 * 0.3 * 0.7));
    for (const box of erased) {
      expect((box.height * box.width) / (height * width)).toBeGreaterThan(0.09);
      expect((box.height * box.width) / (height * width)).toBeLessThan(0.21);
      expect(box.height / box.width).toBeGreaterThan(0.45);
      expect(box.height / box.width).toBeLessThan(2.2);
      expect(box.top + box.height).toBeLessThanOrEqual(height);
      expect(box.left + box.width).toBeLessThanOrEqual(width);
    }
  });
});

describe('colorJitter', () => {
  const bounds = [0, 1] as const;
  const only = async (change: object, values: object) => {
    const images = noise([1, 2, 2, 3]);
    const jitter = colorJitter({ bounds, ...change });
    const drawn = jitter.draw(images.shape, { seed: 0 });
    const result = await nested(jitter.apply(images, { ...drawn, parameters: { ...drawn.parameters, ...values } }));
    return { before: (await nested(images))[0]!.flat(), after: result[0]!.flat() };
  };
  const gray = ([r, g, b]: number[]) => 0.299 * r! + 0.587 * g! + 0.114 * b!;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const expectPixels = (actual: number[][], expected: number[][]) => {
    for (const [i, pixelValues] of expected.entries()) {
      for (const [c, value] of pixelValues.entries()) expect(actual[i]![c]).toBeCloseTo(value, 5);
    }
  };

  test('brightness multiplies, and clips', async () => {
    const { before, after } = await only({ brightness: 1 }, { brightness: [1.7] });
    expectPixels(
      after,
      before.map((rgb) => rgb.map((value) => clip(1.7 * value))),
    );
  });

  test('contrast goes from the mean gray of the image', async () => {
    const { before, after } = await only({ contrast: 1 }, { contrast: [0.4] });
    const mean = before.map(gray).reduce((a, b) => a + b) / before.length;
    expectPixels(
      after,
      before.map((rgb) => rgb.map((value) => clip(mean + 0.4 * (value - mean)))),
    );
  });

  test('saturation goes from the gray of the pixel; none leaves gray', async () => {
    const { before, after } = await only({ saturation: 1 }, { saturation: [0] });
    expectPixels(
      after,
      before.map((rgb) => rgb.map(() => clip(gray(rgb)))),
    );
  });

  test('hue keeps the gray and the distance from it in the plane of I and Q; a whole turn changes nothing', async () => {
    const { before, after } = await only({ hue: 0.5 }, { hue: [1] });
    expectPixels(after, before);
    const quarter = await only({ hue: 0.5, bounds: [-10, 10] }, { hue: [0.25] });
    const chroma = ([r, g, b]: number[]) => ({
      i: 0.596 * r! - 0.274 * g! - 0.322 * b!,
      q: 0.211 * r! - 0.523 * g! + 0.312 * b!,
    });
    for (const [index, rgb] of quarter.before.entries()) {
      const turned = quarter.after[index]!;
      expect(gray(turned)).toBeCloseTo(gray(rgb), 4);
      expect(chroma(turned).i).toBeCloseTo(-chroma(rgb).q, 4);
      expect(chroma(turned).q).toBeCloseTo(chroma(rgb).i, 4);
    }
  });

  test('factors fill their range and are drawn for each image', () => {
    const { brightness, hue } = colorJitter({ bounds, brightness: 0.3, hue: 0.1 }).draw([2000, 1, 1, 3], {
      seed: 0,
    }).parameters;
    const bins = (values: readonly number[], from: number, range: number) =>
      chiSquare(
        tally(
          Array.from(values, (value) => Math.floor(((value - from) / range) * 10)),
          10,
        ),
      );
    expect(bins(brightness, 0.7, 0.6)).toBeLessThan(rareChiSquare(9));
    expect(bins(hue, -0.1, 0.2)).toBeLessThan(rareChiSquare(9));
  });
});

describe('randomAffine', () => {
  const parameters = { rotate: [0], scale: [1], shear: [0], right: [0], down: [0] };
  const moved = async (options: object, change: object) => {
    const images = tf.reshape(tf.range(1, 10), [1, 3, 3, 1]) as Tensor4D;
    const affine = randomAffine(options);
    const drawn = affine.draw(images.shape, { seed: 0 });
    return read(affine.apply(images, { ...drawn, parameters: { ...parameters, ...change } }));
  };

  test('a quarter turn counter-clockwise, a shift, a doubling', async () => {
    const rounded = (values: number[]) => values.map((value) => Math.round(value * 1e4) / 1e4);
    expect(rounded(await moved({}, { rotate: [90] }))).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    expect(await moved({}, { right: [1], down: [0] })).toEqual([0, 1, 2, 0, 4, 5, 0, 7, 8]);
    expect(await moved({ padding: 'edge' }, { down: [-1] })).toEqual([4, 5, 6, 7, 8, 9, 7, 8, 9]);
    expect(await moved({}, { scale: [2] })).toEqual([3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7]);
    expect(await moved({ padding: 'reflect' }, { right: [1.5] })).toEqual([
      2.5, 1.5, 1.5, 5.5, 4.5, 4.5, 8.5, 7.5, 7.5,
    ]);
  });

  test.each(['zero', 'edge', 'reflect'] as const)('equals a slow resampler, padding %s', async (padding) => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.constantFrom('bilinear' as const, 'nearest' as const),
        async (seed, interpolation) => {
          const [height, width] = [5, 6];
          const source = noise([2, height, width, 2], seed);
          const affine = randomAffine({
            rotate: 180,
            scale: [0.5, 2],
            shear: [-30, 30],
            translate: [0.3, 0.3],
            interpolation,
            padding,
          });
          const drawn = affine.draw(source.shape, { seed });
          const result = await nested(affine.apply(source, drawn));
          for (const [i, image] of (await nested(source)).entries()) {
            const { rotate, scale, shear, right, down } = drawn.parameters;
            const radians = (degrees: number) => (degrees * Math.PI) / 180;
            for (let y = 0; y < height; y++) {
              for (let x = 0; x < width; x++) {
                // Undo the shift, the turn, the scale and the tilt, one after the other.
                const [u, v] = [x - (width - 1) / 2 - right[i]!, y - (height - 1) / 2 - down[i]!];
                const a = radians(rotate[i]!);
                const [p, q] = [
                  (Math.cos(a) * u - Math.sin(a) * v) / scale[i]!,
                  (Math.sin(a) * u + Math.cos(a) * v) / scale[i]!,
                ];
                const [sx, sy] = [p - Math.tan(radians(shear[i]!)) * q + (width - 1) / 2, q + (height - 1) / 2];
                const at = (dx: number, dy: number) => pixel(image, Math.floor(sy) + dy, Math.floor(sx) + dx, padding);
                const [rx, ry] = [sx - Math.floor(sx), sy - Math.floor(sy)];
                for (let c = 0; c < 2; c++) {
                  const expected =
                    interpolation === 'nearest'
                      ? pixel(image, Math.round(sy), Math.round(sx), padding)[c]!
                      : (1 - ry) * ((1 - rx) * at(0, 0)[c]! + rx * at(1, 0)[c]!) +
                        ry * ((1 - rx) * at(0, 1)[c]! + rx * at(1, 1)[c]!);
                  expect(result[i]![y]![x]![c]).toBeCloseTo(expected, 4);
                }
              }
            }
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  test('without a range it is the identity', async () => {
    const source = noise([2, 4, 5, 3]);
    expect(await nested(randomAffine()(source, { seed: 0 }))).toEqual(await nested(source));
  });
});

describe('augment', () => {
  test('applies one after the other, each with a seed of its own', async () => {
    const images = noise([6, 8, 8, 3]);
    const [crop, mirror] = [randomCrop({ size: [6, 6], padding: 2 }), randomMirror()];
    const both = augment(crop, mirror);
    const drawn = both.draw(images.shape, { seed: 5 });
    expect(both.shapeOf(images.shape)).toEqual([6, 6, 6, 3]);
    const byHand = mirror.apply(crop.apply(images, drawn.parameters[0] as never), drawn.parameters[1] as never);
    expect(await read(both(images, { seed: 5 }))).toEqual(await read(byHand));
    const twice = augment(crop, randomCrop({ size: [4, 4] })).draw(images.shape, { seed: 0 }).parameters as readonly {
      parameters: unknown;
    }[];
    expect(twice[0]!.parameters).not.toEqual(twice[1]!.parameters);
  });

  test('crops and mirrors in a row, cut at once, are what they are one by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.constantFrom('zero' as const, 'reflect' as const),
        fc.integer({ min: 0, max: 2 }),
        async (seed, mode, padding) => {
          const images = noise([4, 7, 6, 2], seed);
          const steps = [
            randomMirror({ leftRight: 0.5, upDown: 0.5 }),
            randomCrop({ size: [6, 5], padding, mode }),
            randomMirror({ leftRight: 0.5, upDown: 0.5 }),
            randomCrop({ size: [3, 4] }),
            randomMirror({ upDown: 0.5 }),
            randomCrop({ size: [1, 3], padding: 1 }),
          ] as Augmentation[];
          const atOnce = augment(...steps);
          const drawn = atOnce.draw(images.shape, { seed });
          let expected = images;
          for (const [i, step] of steps.entries()) expected = step.apply(expected, drawn.parameters[i]!);
          const result = atOnce.apply(images, drawn);
          expect(result.shape).toEqual(expected.shape);
          expect(await read(result)).toEqual(await read(expected));
        },
      ),
      { numRuns: 20 },
    );
  });

  test('the draw is plain JSON and moves label maps as it moves images', async () => {
    const everything = augment(
      randomCrop({ size: [6, 7], padding: 1 }),
      randomMirror({ upDown: 0.5 }),
      randomErase(),
      colorJitter({ bounds: [0, 1], brightness: 0.5 }),
    );
    const labels = tf.cast(tf.mul(noise([4, 7, 7, 1]), 100), 'int32') as Tensor4D;
    const drawn = JSON.parse(JSON.stringify(everything.draw([4, 7, 7, 3], { seed: 1 })));
    const moved = everything.apply(labels, drawn, { to: 'labels' });
    expect(moved.dtype).toBe('int32');
    const onlyMoving = augment(randomCrop({ size: [6, 7], padding: 1 }), randomMirror({ upDown: 0.5 }));
    const expected = onlyMoving.apply(tf.cast(labels, 'float32'), {
      ...drawn,
      parameters: drawn.parameters.slice(0, 2),
    });
    expect(await read(moved)).toEqual(await read(expected));
  });

  test('a turned label map holds labels only', async () => {
    const labels = tf.cast(tf.greater(noise([3, 9, 9, 1]), 0.5), 'float32') as Tensor4D;
    const turn = randomAffine({ rotate: 45 });
    const moved = turn.apply(labels, turn.draw(labels.shape, { seed: 0 }), { to: 'labels' });
    expect(new Set(await read(moved))).toEqual(new Set([0, 1]));
    const blurred = turn.apply(labels, turn.draw(labels.shape, { seed: 0 }));
    expect(new Set(await read(blurred)).size).toBeGreaterThan(2);
  });

  test('of nothing is the identity; a draw for others is rejected', async () => {
    const images = noise([2, 3, 3, 1]);
    expect(await read(augment()(images, { seed: 0 }))).toEqual(await read(images));
    const mirror = randomMirror();
    expect(() => mirror.apply(images, mirror.draw([3, 3, 3, 1], { seed: 0 }))).toThrow(
      /randomMirror: drawn must be a draw of randomMirror for \[2, 3, 3\], got "a draw of randomMirror for \[3, 3, 3\]"/,
    );
    expect(() => mirror.apply(images, augment().draw(images.shape, { seed: 0 }) as never)).toThrow(/a draw of augment/);
  });

  test("takes one's own augmentation", async () => {
    const fade = defineAugmentation({
      name: 'fade',
      draw: (random, [count]) => Array.from({ length: count }, () => random.uniform()),
      apply: (images, factors) => tf.mul(images, tf.tensor4d(factors, [factors.length, 1, 1, 1])) as Tensor4D,
    });
    const drawn = fade.draw([2, 1, 1, 1], { seed: 0 });
    const faded = await read(fade.apply(tf.ones([2, 1, 1, 1]), drawn));
    expect(faded).toEqual(drawn.parameters.map(Math.fround));
  });
});

describe('a range that is a point', () => {
  test('is a constant for randomAffine', async () => {
    const images = noise([3, 5, 5, 1]);
    for (const [ranges, expected] of [
      [{ rotate: [90, 90] }, { rotate: 90, scale: 1, shear: 0 }],
      [{ scale: [2, 2] }, { rotate: 0, scale: 2, shear: 0 }],
      [
        { shear: [-20, -20], rotate: [0, 0] },
        { rotate: 0, scale: 1, shear: -20 },
      ],
    ] as const) {
      const { parameters } = randomAffine(ranges).draw(images.shape, { seed: 4 });
      for (const name of ['rotate', 'scale', 'shear'] as const) {
        expect(parameters[name]).toEqual(new Array(3).fill(expected[name]));
      }
    }
    const turned = await nested(randomAffine({ rotate: [90, 90] })(images, { seed: 0 }));
    const before = await nested(images);
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 5; x++) expect(turned[0]![y]![x]![0]).toBeCloseTo(before[0]![x]![4 - y]![0]!, 5);
    }
  });

  test('is a constant for randomErase', async () => {
    const erase = randomErase({ probability: 1, area: [0.25, 0.25], aspectRatio: [1, 1], fill: [0.5, 0.5] });
    const erased = await read(erase(tf.ones([4, 8, 8, 1]), { seed: 0 }));
    expect(erased.filter((value) => value === 0.5)).toHaveLength(4 * 16);
    expect(erased.filter((value) => value === 1)).toHaveLength(4 * 48);
  });

  test('must not be reversed', () => {
    expect(() => randomAffine({ rotate: [10, -10] })).toThrow(
      'randomAffine: rotate must be two finite numbers [min, max] with min <= max, got [10, -10]',
    );
    expect(() => randomErase({ area: [0.4, 0.1] })).toThrow(
      'area must be two finite numbers [min, max] with min <= max',
    );
  });
});

describe('pixels that are not finite', () => {
  const infinite = () => tf.fill([2, 4, 4, 1], Number.POSITIVE_INFINITY) as Tensor4D;

  test('are gone where they are erased', async () => {
    const erase = randomErase({ probability: 1, area: [1, 1], aspectRatio: [1, 1], fill: 3 });
    expect(await read(erase(infinite(), { seed: 0 }))).toEqual(new Array(32).fill(3));
  });

  test('stay where they are where nothing moves, and spoil no neighbor', async () => {
    const image = tf.tensor4d([1, 2, Number.POSITIVE_INFINITY, 4], [1, 2, 2, 1]);
    for (const padding of ['zero', 'edge', 'reflect'] as const) {
      expect(await read(randomAffine({ padding })(image, { seed: 0 }))).toEqual([1, 2, Number.POSITIVE_INFINITY, 4]);
    }
  });
});

describe("an augmentation of one's own", () => {
  const returning = (apply: (images: Tensor4D) => unknown) =>
    defineAugmentation<null>({ name: 'own', draw: () => null, apply: apply as (images: Tensor4D) => Tensor4D });

  test('may return its input: the result is a new tensor all the same', async () => {
    const images = noise([2, 3, 3, 1]);
    const before = tf.memory().numTensors;
    for (const identity of [
      returning((x) => x),
      augment(
        returning((x) => x),
        returning((x) => x),
      ),
    ]) {
      const result = identity(images, { seed: 0 });
      expect(await read(result)).toEqual(await read(images));
      result.dispose();
      expect(images.isDisposed).toBe(false);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ['nothing', () => undefined, 'a float32 tensor of rank 4, got undefined'],
    ['a promise', async (x: Tensor4D) => x, 'a float32 tensor of rank 4, got an instance of Promise'],
    ['a flat tensor', (x: Tensor4D) => tf.reshape(x, [-1]), 'a float32 tensor of rank 4, got float32 tensor [18]'],
    ['other images', () => tf.zeros([1, 3, 3, 1]), '2 images, got float32 tensor [1, 3, 3, 1]'],
  ])('that returns %s is told so, and leaves nothing', (_, apply, expected) => {
    const images = noise([2, 3, 3, 1]);
    const before = tf.memory().numTensors;
    const message = `@cnnviz/regularizers: own: what apply returns must be ${expected}`;
    expect(() => returning(apply)(images, { seed: 0 })).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
    images.dispose();
  });
});

describe('mixup', () => {
  const oneHot = (labels: number[], classes: number) =>
    tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), classes), 'float32') as Tensor2D;

  test('images and labels are the same mixture of an example and its partner', async () => {
    const [images, labels] = [noise([5, 2, 2, 1]), oneHot([0, 1, 2, 0, 1], 3)];
    const mix = mixup({ alpha: 1 });
    const drawn = mix.draw(5, { seed: 0 });
    const mixed = mix.apply({ images, labels }, drawn);
    for (const [before, after] of [
      [images, mixed.images],
      [labels, mixed.labels],
    ] as const) {
      const rows = (await tf.reshape(before, [5, -1]).array()) as number[][];
      const result = (await tf.reshape(after, [5, -1]).array()) as number[][];
      for (let i = 0; i < 5; i++) {
        for (const [k, value] of result[i]!.entries()) {
          const share = drawn.shares[i]!;
          expect(value).toBeCloseTo(share * rows[i]![k]! + (1 - share) * rows[drawn.partners[i]!]![k]!, 5);
        }
      }
    }
    expect([...drawn.partners].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([0.2, 1, 4])('the shares are Beta(%d, %d): mean 1/2, variance 1 / (4 (2 alpha + 1))', (alpha) => {
    const { shares } = mixup({ alpha }).draw(20_000, { seed: 0 });
    const mean = shares.reduce((a, b) => a + b) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(mean).toBeCloseTo(0.5, 1.5);
    expect(variance * 4 * (2 * alpha + 1)).toBeCloseTo(1, 1);
  });

  test('a tiny alpha gives shares of 0 and 1, not NaN', () => {
    const { shares } = mixup({ alpha: 1e-4 }).draw(500, { seed: 0 });
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    expect(shares.filter((share) => share > 0.01 && share < 0.99).length).toBeLessThan(5);
    expect(shares.filter((share) => share > 0.5).length).toBeGreaterThan(150);
  });
});

test('labelSmoothing takes a part of the label and spreads it over all classes', async () => {
  const smooth = labelSmoothing(tf.tensor2d([[0, 1, 0, 0]]), { smoothing: 0.2 });
  const expected = [0.05, 0.85, 0.05, 0.05];
  for (const [i, value] of (await read(smooth)).entries()) expect(value).toBeCloseTo(expected[i]!, 6);
});

test('whiten gives each image mean 0 and variance 1, and a constant image zeros', async () => {
  const images = tf.concat([tf.add(tf.mul(noise([1, 4, 4, 3]), 7), 3), tf.fill([1, 4, 4, 3], 5)]) as Tensor4D;
  const [varied, constant] = (await whiten(images).array()) as number[][][][];
  const values = varied!.flat(2);
  expect(values.reduce((a, b) => a + b) / 48).toBeCloseTo(0, 5);
  expect(values.reduce((sum, value) => sum + value * value, 0) / 48).toBeCloseTo(1, 4);
  expect(constant!.flat(2).every((value) => Math.abs(value) < 1e-3)).toBe(true);
});
