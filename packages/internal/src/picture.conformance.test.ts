import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { enlarge, normalizeImages, type TileGridOptions, tileGrid } from './picture.ts';
import { encodePng } from './png.ts';
import { createRandom } from './random.ts';

type Pixels = number[][][];

/** Sixteenths, which every backend holds exactly. */
function randomTiles(count: number, height: number, width: number, channels: number): Tensor4D {
  const random = createRandom(0);
  const values = Float32Array.from({ length: count * height * width * channels }, () => random.integer(17) / 16);
  return tf.tensor4d(values, [count, height, width, channels]);
}

/** `make_grid` of torchvision, pixel by pixel. */
function torchvisionGrid(tiles: Pixels[], nrow: number, padding: number, padValue: number): Pixels {
  const [height, width] = [tiles[0]!.length, tiles[0]![0]!.length];
  const columns = Math.min(nrow, tiles.length);
  const rows = Math.ceil(tiles.length / columns);
  const grid = blank(rows * (height + padding) + padding, columns * (width + padding) + padding, [
    padValue,
    padValue,
    padValue,
  ]);
  for (const [k, tile] of tiles.entries()) {
    const top = Math.floor(k / columns) * (height + padding) + padding;
    const left = (k % columns) * (width + padding) + padding;
    paste(grid, tile, top, left);
  }
  return grid;
}

/** `vis_square` of Caffe's notebooks, pixel by pixel: a square of tiles, a line right of and below each. */
function caffeGrid(tiles: Pixels[], background: number[]): Pixels {
  const side = Math.ceil(Math.sqrt(tiles.length));
  const [height, width] = [tiles[0]!.length, tiles[0]![0]!.length];
  const grid = blank(side * (height + 1), side * (width + 1), background);
  for (const [k, tile] of tiles.entries()) {
    paste(grid, tile, Math.floor(k / side) * (height + 1), (k % side) * (width + 1));
  }
  return grid;
}

const blank = (height: number, width: number, color: number[]): Pixels =>
  Array.from({ length: height }, () => Array.from({ length: width }, () => [...color]));

function paste(grid: Pixels, tile: Pixels, top: number, left: number): void {
  for (const [y, line] of tile.entries()) for (const [x, pixel] of line.entries()) grid[top + y]![left + x] = pixel;
}

/** Three channels, of which a gray tile has one. */
async function pixelsOf(tiles: Tensor4D): Promise<Pixels[]> {
  const read = (await tiles.array()) as Pixels[];
  return read.map((tile) => tile.map((line) => line.map((p) => (p.length === 1 ? [p[0]!, p[0]!, p[0]!] : p))));
}

/** Compares number by number: `toEqual` on nested arrays of this size takes seconds. */
async function expectPixels(picture: Tensor3D, expected: Pixels): Promise<void> {
  expect(picture.shape).toEqual([expected.length, expected[0]!.length, expected[0]![0]!.length]);
  const wanted = expected.flat(2);
  const differing = [...(await picture.data())].map((value, index) => [index, value, wanted[index]!] as const);
  expect(differing.filter(([, value, other]) => value !== other)).toEqual([]);
}

describeOnBackends(['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'], () => {
  let tensorsBefore = 0;
  let scope: { dispose(): void }[] = [];
  const own = <T extends tf.Tensor>(tensor: T): T => {
    scope.push(tensor);
    return tensor;
  };
  beforeEach(() => {
    tensorsBefore = tf.memory().numTensors;
    scope = [];
  });
  afterEach(() => {
    for (const tensor of scope) tensor.dispose();
    expect(tf.memory().numTensors, 'tensors left').toBe(tensorsBefore);
  });

  describe('tileGrid', () => {
    test('places 96 filters of 11x11 as torchvision does, 132x132', async () => {
      const tiles = own(randomTiles(96, 11, 11, 3));
      const grid = own(tileGrid(tiles, { columns: 10, padding: 2, border: 'around', background: 0 }));
      expect(grid.shape).toEqual([132, 132, 3]);
      await expectPixels(grid, torchvisionGrid(await pixelsOf(tiles), 10, 2, 0));
    });

    test('places 96 filters of 11x11 as Caffe does, 120x120', async () => {
      const tiles = own(randomTiles(96, 11, 11, 3));
      const grid = own(tileGrid(tiles, { border: 'after' }));
      expect(grid.shape).toEqual([120, 120, 3]);
      await expectPixels(grid, caffeGrid(await pixelsOf(tiles), [1, 1, 1]));
    });

    test('keeps the empty last row of a square of five tiles, as Caffe does, if three rows are asked for', async () => {
      const tiles = own(randomTiles(5, 2, 3, 3));
      const grid = own(tileGrid(tiles, { rows: 3, border: 'after', background: [0.25, 0.5, 0.75] }));
      await expectPixels(grid, caffeGrid(await pixelsOf(tiles), [0.25, 0.5, 0.75]));
      expect(own(tileGrid(tiles)).shape).toEqual([2 * 3 - 1, 3 * 4 - 1, 3]);
    });

    test.each<[count: number, channels: number, columns: number, padding: number]>([
      [1, 1, 8, 2],
      [3, 3, 8, 2],
      [7, 1, 3, 1],
      [8, 3, 4, 3],
      [9, 3, 1, 0],
    ])(
      'places %i tiles of %i channels, %i a row, %i apart, as torchvision does',
      async (count, channels, columns, padding) => {
        const tiles = own(randomTiles(count, 3, 2, channels));
        const grid = own(tileGrid(tiles, { columns, padding, border: 'around', background: 0.5 }));
        await expectPixels(grid, torchvisionGrid(await pixelsOf(tiles), columns, padding, 0.5));
      },
    );

    test('has no border unless asked for one', async () => {
      const tiles = own(randomTiles(6, 2, 2, 3));
      const grid = own(tileGrid(tiles, { columns: 3, padding: 1 }));
      const around = torchvisionGrid(await pixelsOf(tiles), 3, 1, 1);
      await expectPixels(
        grid,
        around.slice(1, -1).map((line) => line.slice(1, -1)),
      );
    });

    test('runs inside tf.tidy', () => {
      const tiles = own(randomTiles(2, 2, 2, 1));
      expect(own(tf.tidy(() => tileGrid(tiles))).shape).toEqual([2, 5, 3]);
    });

    test.each<[TileGridOptions, string]>([
      [{ columns: 0 }, 'columns must be an integer >= 1, got 0'],
      [{ padding: -1 }, 'padding must be an integer >= 0, got -1'],
      [{ columns: 2, rows: 2 }, 'rows must be an integer >= 3, got 2'],
      [{ background: 255 }, 'background must be a number >= 0 and <= 1, got 255'],
      [{ background: [0, 0] as never }, 'background must be a gray level or [r, g, b], got [0, 0]'],
      [{ border: 'both' as never }, 'border must be one of "none", "around", "after", got "both"'],
    ])('rejects %j', (options, message) => {
      const tiles = own(randomTiles(5, 2, 2, 1));
      expect(() => tileGrid(tiles, options)).toThrow(`@cnnviz/internal: tileGrid: ${message}`);
    });

    test('rejects tiles that have no color, and no tiles', () => {
      for (const shape of [[3, 2, 2, 2] as const, [0, 2, 2, 3] as const]) {
        const tiles = own(tf.zeros<tf.Rank.R4>([...shape]));
        expect(() => tileGrid(tiles)).toThrow('tiles must be a tensor [n, h, w, 1 or 3] with n >= 1');
      }
    });
  });

  describe('normalizeImages', () => {
    const weak = [0, 1, 2, 1];
    const strong = [-8, 8, 0, 4];
    const constant = [3, 3, 3, 3];
    const images = (...values: number[][]) => own(tf.tensor4d(values.flat(), [values.length, 2, 2, 1]));
    const scaled = async (kind: Parameters<typeof normalizeImages>[1], ...values: number[][]) => [
      ...(await own(normalizeImages(images(...values), kind)).data()),
    ];

    test('global scales all images by one range and reaches 0 and 1', async () => {
      const values = await scaled('global', weak, strong);
      expect(values).toEqual([8, 9, 10, 9, 0, 16, 8, 12].map((value) => expect.closeTo(value / 16, 6)));
      expect([Math.min(...values), Math.max(...values)]).toEqual([0, 1]);
    });

    test('each scales each image by its own range; a constant one is mid gray', async () => {
      const values = await scaled('each', weak, constant, strong);
      const expected = [0, 0.5, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 1, 0.5, 0.75];
      expect(values).toEqual(expected.map((value) => expect.closeTo(value, 6)));
    });

    test('each takes one range over all channels of an image, so that colors stay', async () => {
      const colors = own(tf.tensor4d([0, 1, 2, 2, 2, 4], [1, 1, 2, 3]));
      const values = [...(await own(normalizeImages(colors, 'each')).data())];
      expect(values).toEqual([0, 0.25, 0.5, 0.5, 0.5, 1].map((value) => expect.closeTo(value, 6)));
    });

    test('zero-centered keeps zero at mid gray', async () => {
      const values = await scaled('zero-centered', weak, [-4, 1, 0, 2]);
      const expected = [0, 1, 2, 1, -4, 1, 0, 2].map((value) => 0.5 + value / 8);
      expect(values).toEqual(expected.map((value) => expect.closeTo(value, 6)));
    });

    test('what has no range is mid gray', async () => {
      expect(await scaled('global', constant)).toEqual([0.5, 0.5, 0.5, 0.5]);
      expect(await scaled('zero-centered', [0, 0, 0, 0])).toEqual([0.5, 0.5, 0.5, 0.5]);
    });

    test('what is not finite is mid gray, and leaves the range to the rest', async () => {
      const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
      const damaged = [none, 0, infinite, 4];
      const other = [2, -infinite, 1, -4];
      const expectScaled = async (kind: Parameters<typeof normalizeImages>[1], expected: number[]) =>
        expect(await scaled(kind, damaged, other)).toEqual(expected.map((value) => expect.closeTo(value, 6)));
      await expectScaled('global', [0.5, 0.5, 0.5, 1, 0.75, 0.5, 0.625, 0]);
      await expectScaled('each', [0.5, 0, 0.5, 1, 1, 0.5, 5 / 6, 0]);
      await expectScaled('zero-centered', [0.5, 0.5, 0.5, 1, 0.75, 0.5, 0.625, 0]);
      for (const kind of ['global', 'each', 'zero-centered'] as const) {
        expect(await scaled(kind, [none, none, infinite, none])).toEqual([0.5, 0.5, 0.5, 0.5]);
      }
    });

    test('stays within [0, 1] and reaches both ends, whatever the values', async () => {
      const random = createRandom(1);
      for (const [mean, deviation] of [
        [0, 1],
        [1000, 0.01],
        [-1e-6, 1e-7],
        [0, 1e6],
      ] as const) {
        const noise = own(tf.tensor4d(random.fillNormal(new Float32Array(48), mean, deviation), [4, 2, 2, 3]));
        for (const kind of ['global', 'each', 'zero-centered'] as const) {
          const values = await own(normalizeImages(noise, kind)).data();
          expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
          if (kind !== 'zero-centered') expect(Math.min(...values)).toBe(0);
          if (kind !== 'zero-centered') expect(Math.max(...values)).toBe(1);
        }
      }
    });

    test('rejects another word', () => {
      expect(() => normalizeImages(images(weak), 'local' as never)).toThrow(
        'normalization must be one of "global", "each", "zero-centered", got "local"',
      );
    });
  });

  describe('enlarge', () => {
    test.each([1, 2, 3, 49])('repeats each pixel %i times both ways', async (factor) => {
      const [tile] = tf.unstack(own(randomTiles(1, 2, 3, 3)));
      const picture = own(tile as Tensor3D);
      const source = (await picture.array()) as Pixels;
      const enlarged = own(enlarge(picture, factor));
      expect(enlarged.shape).toEqual([2 * factor, 3 * factor, 3]);
      const expected = Array.from({ length: 2 * factor }, (_, y) =>
        Array.from({ length: 3 * factor }, (_, x) => source[Math.floor(y / factor)]![Math.floor(x / factor)]!),
      );
      await expectPixels(enlarged, expected);
    });

    test.each([0, 1.5, -2])('rejects the factor %d', (factor) => {
      expect(() => enlarge(own(tf.zeros([1, 1, 3])), factor)).toThrow(`factor must be an integer >= 1, got ${factor}`);
    });
  });

  describe('encodePng', () => {
    test('comes back as it was, in 256 levels', async () => {
      const levels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, index) => (index * 37) % 256);
      const picture = own(
        tf.tensor3d(
          Float32Array.from(levels, (level) => level / 255),
          [7, 5, 3],
        ),
      );
      const png = decode(await encodePng(picture));
      expect({ ...png, data: [...png.data] }).toMatchObject({
        width: 5,
        height: 7,
        channels: 3,
        depth: 8,
        data: [...levels],
      });
    });

    test('writes gray pictures, rounds to the nearest level and clips', async () => {
      const picture = own(tf.tensor3d([0.5, 1.49 / 255, 1.51 / 255, -1, 2, 1], [2, 3, 1]));
      const png = decode(await encodePng(picture));
      expect(png.channels).toBe(1);
      expect([...png.data]).toEqual([128, 1, 2, 0, 255, 255]);
    });

    test('rejects what is no picture', async () => {
      await expect(encodePng(own(tf.zeros([1, 2, 2, 3])) as never)).rejects.toThrow(
        '@cnnviz/internal: encodePng: picture must be a float32 tensor of rank 3, got float32 tensor [1, 2, 2, 3]',
      );
      await expect(encodePng(own(tf.zeros([2, 2, 2])))).rejects.toThrow('picture must be a tensor [h, w, 1 or 3]');
      await expect(encodePng(own(tf.fill([1, 1, 3], Number.NaN)))).rejects.toThrow('picture must be finite, got NaN');
    });
  });
});
