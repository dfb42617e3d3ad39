import { describe, expect, test } from 'vitest';
import type { ConceptImage } from '../data/concepts.ts';
import { conceptScenes } from './concept-scenes.ts';
import { sceneObjects } from './scene-objects.ts';
import { sceneColors, tonesOf } from './scene-patterns.ts';

const scenes = conceptScenes({ seed: 0, count: 100, size: 48 });

const mapOf = ({ maps }: ConceptImage, category: string) => maps.find((map) => map.category === category)!.labels;

const nameOf = (number: number) => scenes.concepts.find((concept) => concept.number === number)?.name;

/** L∞, in levels of 255. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...[0, 1, 2].map((channel) => Math.abs(a[channel]! - b[channel]!)));

/** Pearson's statistic of independence of rows and columns. */
function chiSquare(table: number[][]): number {
  const rows = table.map((row) => row.reduce((a, b) => a + b, 0));
  const columns = table[0]!.map((_, column) => table.reduce((sum, row) => sum + row[column]!, 0));
  const total = rows.reduce((a, b) => a + b, 0);
  let statistic = 0;
  for (const [y, row] of table.entries()) {
    for (const [x, observed] of row.entries()) {
      const expected = (rows[y]! * columns[x]!) / total;
      statistic += (observed - expected) ** 2 / expected;
    }
  }
  return statistic;
}

describe('conceptScenes', () => {
  test('numbers its concepts from 1, each with a name of its own in its category', () => {
    expect(scenes.concepts.map(({ number }) => number)).toEqual(scenes.concepts.map((_, index) => index + 1));
    expect(new Set(scenes.concepts.map(({ name }) => name)).size).toBe(scenes.concepts.length);
    expect([...new Set(scenes.concepts.map(({ category }) => category))]).toEqual(scenes.categories);
    expect(scenes.concepts.filter(({ category }) => category === 'color')).toHaveLength(11);
  });

  test('gives an image by its index, whatever was asked before, how many there are and how large they are', async () => {
    const seventh = await scenes.read(7);
    await scenes.read(3);
    expect(await scenes.read(7)).toEqual(seventh);
    const fewer = conceptScenes({ seed: 0, count: 8, size: 48, labelSize: 20 });
    expect((await fewer.read(7)).pixels).toEqual(seventh.pixels);
    expect(fewer.describe(7)).toEqual(scenes.describe(7));
    expect(conceptScenes({ seed: 1, count: 8 }).describe(7)).not.toEqual(scenes.describe(7));
  });

  test('draws another image for each index and each seed', () => {
    const drawn = [0, 1, 2].flatMap((seed) => {
      const some = conceptScenes({ seed, count: 50 });
      return Array.from({ length: 50 }, (_, index) => JSON.stringify(some.describe(index)));
    });
    expect(new Set(drawn).size).toBe(150);
  });

  test('has sizes and maps as its data say', async () => {
    const some = conceptScenes({ seed: 4, count: 2, size: 40, labelSize: 17 });
    const image = await some.read(1);
    expect([some.imageSize, some.labelSize, some.count]).toEqual([[40, 40], [17, 17], 2]);
    expect([image.height, image.width, image.pixels.length]).toEqual([40, 40, 4800]);
    expect(image.maps.map(({ category, labels }) => [category, labels.length])).toEqual(
      ['object', 'part', 'material', 'texture', 'color'].map((category) => [category, 289]),
    );
  });

  test('labels without pixels as with them', async () => {
    const some = conceptScenes({ seed: 4, count: 2, size: 40, labelSize: 17 });
    const { pixels, height, width, ...labels } = await some.read(1);
    expect(await some.readLabels!(1)).toEqual(labels);
  });

  test('labels colors that a pixel shows, and no other color is as near', async () => {
    const tones = Object.keys(sceneColors).flatMap((color) => tonesOf(color).map((tone) => ({ color, tone })));
    for (const index of [0, 1, 2]) {
      const image = await scenes.read(index);
      const labels = mapOf(image, 'color');
      for (const [pixel, label] of labels.entries()) {
        const rgb = image.pixels.subarray(3 * pixel, 3 * pixel + 3);
        const nearest = tones.reduce((a, b) => (distance(b.tone, rgb) < distance(a.tone, rgb) ? b : a));
        expect(`${nearest.color}-c`).toBe(nameOf(label));
        expect(distance(nearest.tone, rgb)).toBeLessThanOrEqual(8);
      }
    }
  });

  test('keeps the tones of different colors further apart than the largest noise can bring them', () => {
    for (const one of Object.keys(sceneColors)) {
      for (const other of Object.keys(sceneColors)) {
        if (one === other) continue;
        for (const a of tonesOf(one)) for (const b of tonesOf(other)) expect(distance(a, b)).toBeGreaterThan(24);
      }
    }
    const levels = Object.keys(sceneColors).flatMap((color) => tonesOf(color).flat());
    expect(Math.min(...levels)).toBeGreaterThanOrEqual(12);
    expect(Math.max(...levels)).toBeLessThanOrEqual(255 - 12);
  });

  test('draws exactly the tones without noise', async () => {
    const clean = conceptScenes({ seed: 0, count: 1, size: 32, noise: 0 });
    const image = await clean.read(0);
    for (const [pixel, label] of mapOf(image, 'color').entries()) {
      const rgb = [...image.pixels.subarray(3 * pixel, 3 * pixel + 3)];
      expect(tonesOf(nameOf(label)!.replace(/-c$/, ''))).toContainEqual(rgb);
    }
  });

  test('decides at pixel centers: every third pixel of a map three times as large is the map', async () => {
    const coarse = await conceptScenes({ seed: 2, count: 3, size: 16, labelSize: 32 }).read(2);
    const fine = await conceptScenes({ seed: 2, count: 3, size: 16, labelSize: 96 }).read(2);
    for (const { category, labels } of coarse.maps) {
      const large = mapOf(fine, category);
      const everyThird = labels.map((_, pixel) => large[(3 * Math.floor(pixel / 32) + 1) * 96 + 3 * (pixel % 32) + 1]!);
      expect(everyThird).toEqual(labels);
    }
  });

  test('labels a part and a material wherever an object is, a texture wherever none is, a color everywhere', async () => {
    for (const index of [0, 1, 2, 3]) {
      const image = await scenes.read(index);
      const [object, part, material, texture, color] = ['object', 'part', 'material', 'texture', 'color'].map(
        (category) => mapOf(image, category),
      );
      for (const pixel of object!.keys()) {
        const isObject = object![pixel] !== 0;
        expect([part![pixel] !== 0, material![pixel] !== 0, texture![pixel] === 0]).toEqual(Array(3).fill(isObject));
        expect(color![pixel]).not.toBe(0);
        if (!isObject) continue;
        const model = sceneObjects.find(({ name }) => name === nameOf(object![pixel]!))!;
        expect(model.parts.map(({ name }) => name)).toContain(nameOf(part![pixel]!));
      }
    }
  });

  test('shows every object that it describes, and no other', async () => {
    for (let index = 0; index < 20; index++) {
      const labels = mapOf(await scenes.read(index), 'object');
      const shown = [...new Set(labels)].filter((label) => label !== 0).map((label) => nameOf(label)!);
      expect(shown.sort()).toEqual(
        scenes
          .describe(index)
          .objects.map(({ name }) => name)
          .sort(),
      );
    }
  });

  test('decides the scene by two objects, each of which is in other scenes too', async () => {
    const objectsOf: Record<string, string[]> = {
      street: ['house', 'car'],
      harbour: ['house', 'boat'],
      garden: ['house', 'flower'],
      road: ['tree', 'car'],
      lake: ['tree', 'boat'],
      meadow: ['tree', 'flower'],
    };
    for (let index = 0; index < 100; index++) {
      const { scene, objects } = scenes.describe(index);
      const names = objects.map(({ name }) => name);
      const fitting = Object.keys(objectsOf).filter((other) => objectsOf[other]!.every((name) => names.includes(name)));
      expect(fitting).toEqual([scene]);
      expect(scenes.tasks.scene.classes[scenes.tasks.scene.classOf(index)]).toBe(scene);
      expect(scenes.tasks.count.classOf(index)).toBe(objects.length - 2);
    }
    const { imageLabels } = await scenes.read(0);
    expect(imageLabels.map(({ category, label }) => [category, nameOf(label)])).toEqual([
      ['scene', `${scenes.describe(0).scene}-s`],
    ]);
  });

  test('draws all else without regard to the scene', () => {
    const many = conceptScenes({ seed: 5, count: 3000 });
    const descriptions = Array.from({ length: many.count }, (_, index) => many.describe(index));
    const tableOf = (wordFor: (description: (typeof descriptions)[number]) => string) => {
      const values = [...new Set(descriptions.map(wordFor))];
      const table = many.tasks.scene.classes.map(() => values.map(() => 0));
      for (const description of descriptions) {
        table[many.tasks.scene.classes.indexOf(description.scene)]![values.indexOf(wordFor(description))]! += 1;
      }
      return table;
    };
    // The 99.99 % quantiles for (6 - 1)(columns - 1) degrees of freedom.
    const tables: [table: number[][], limit: number][] = [
      [tableOf(({ background }) => background.texture), 52.4],
      [tableOf(({ background }) => background.above), 95.97],
      [tableOf(({ objects }) => `${objects.length}`), 35.57],
      [tableOf(({ objects }) => `${objects.some(({ name }) => name === 'clock')}`), 25.75],
      [tableOf(({ objects }) => objects.find(({ name }) => /house|tree/.test(name))!.parts[1]!.color), 95.97],
      [tableOf(({ objects }) => objects[0]!.parts[0]!.material), 52.4],
    ];
    for (const [table, limit] of tables) expect(chiSquare(table)).toBeLessThan(limit);
    const frequencies = tableOf(() => 'any').map(([count]) => count!);
    expect(frequencies.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0)).toBeLessThan(25.75);
  });

  test('keeps objects apart, inside the picture and large enough to see', () => {
    for (let index = 0; index < 100; index++) {
      const { objects } = scenes.describe(index);
      for (const [order, { left, top, width, height }] of objects.entries()) {
        expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
        expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(1);
        expect(width * height).toBeGreaterThan(0.02);
        for (const other of objects.slice(0, order)) {
          const overlapX = Math.min(left + width, other.left + other.width) - Math.max(left, other.left);
          const overlapY = Math.min(top + height, other.top + other.height) - Math.max(top, other.top);
          expect(Math.min(overlapX, overlapY)).toBeLessThanOrEqual(0);
        }
      }
    }
  });
});
