import { describe, expect, test } from 'vitest';
import { renderScene, type SceneDescription, type SceneObject } from './render-scene.ts';

const weave = { period: 0.1, direction: [1, 0], shift: [0, 0] } as const;

function partsOf(...names: string[]): SceneObject['parts'] {
  return names.map((name) => ({ name, color: 'red', material: 'painted', weave }));
}

function sceneOf(...objects: SceneObject[]): SceneDescription {
  return {
    scene: 'street',
    background: { horizon: 0.5, above: 'blue', below: 'green', texture: 'striped', weave },
    objects,
  };
}

/** What each pixel shows, in a word. */
function shownBy(description: SceneDescription, size: number): string[] {
  const { surfaces, shown } = renderScene(description, size);
  return [...shown].map((surface) => surfaces[surface]!.part ?? surfaces[surface]!.color);
}

describe('renderScene', () => {
  test('draws the house where geometry says it is', () => {
    const parts = partsOf('chimney', 'wall', 'roof', 'door', 'window');
    const house = { name: 'house', left: 0.25, top: 0.25, width: 0.5, height: 0.5, isMirrored: false, parts };
    const size = 60;
    const shown = shownBy(sceneOf(house), size);
    for (const [pixel, word] of shown.entries()) {
      const x = (((pixel % size) + 0.5) / size - 0.25) / 0.5;
      const y = ((Math.floor(pixel / size) + 0.5) / size - 0.25) / 0.5;
      const isWithin = (left: number, top: number, right: number, bottom: number) =>
        x > left && x < right && y > top && y < bottom;
      // Below both sides of the roof, whose slope is 0.46 in 0.5.
      const isRoof = y < 0.46 && y > 0.92 * Math.abs(x - 0.5);
      const expected = isWithin(0.2, 0.56, 0.46, 0.78)
        ? 'window'
        : isWithin(0.58, 0.6, 0.8, 1)
          ? 'door'
          : isRoof
            ? 'roof'
            : isWithin(0.1, 0.44, 0.9, 1)
              ? 'wall'
              : isWithin(0.7, 0.02, 0.84, 0.35)
                ? 'chimney'
                : pixel < (size * size) / 2
                  ? 'blue'
                  : 'green';
      expect(word).toBe(expected);
    }
  });

  test('draws discs whose areas are those of circles', () => {
    const parts = partsOf('rim', 'face');
    const clock = { name: 'clock', left: 0.1, top: 0.2, width: 0.6, height: 0.6, isMirrored: false, parts };
    const size = 400;
    const shown = shownBy(sceneOf(clock), size);
    const share = (word: string) => shown.filter((other) => other === word).length / size ** 2;
    expect(Math.abs(share('face') - Math.PI * (0.38 * 0.6) ** 2)).toBeLessThan(0.001);
    expect(Math.abs(share('rim') - Math.PI * 0.6 ** 2 * (0.5 ** 2 - 0.38 ** 2))).toBeLessThan(0.001);
  });

  test('exchanges left and right of what is mirrored', () => {
    const parts = partsOf('chimney', 'wall', 'roof', 'door', 'window');
    const house = { name: 'house', left: 0, top: 0, width: 1, height: 1, isMirrored: false, parts };
    const size = 40;
    const shown = shownBy(sceneOf(house), size);
    const mirrored = shownBy(sceneOf({ ...house, isMirrored: true }), size);
    for (const pixel of shown.keys()) {
      expect(mirrored[pixel]).toBe(shown[pixel - (pixel % size) + size - 1 - (pixel % size)]);
    }
  });

  test('paints later objects over earlier ones, and nothing beyond the border', () => {
    const disc = (left: number, part: string) => ({
      name: 'clock',
      left,
      top: 0,
      width: 1,
      height: 1,
      isMirrored: false,
      parts: partsOf(part),
    });
    const shown = shownBy(sceneOf(disc(0, 'rim'), disc(0.5, 'face')), 20);
    expect(shown[10 * 20 + 10]).toBe('rim');
    expect(shown[10 * 20 + 15]).toBe('face');
    expect(shown[10 * 20 + 19]).toBe('face');
    expect(shown[0]).toBe('blue');
  });

  test('darkens every other stripe', () => {
    const { isDark } = renderScene(sceneOf(), 20);
    const column = Array.from({ length: 20 }, (_, row) => isDark[row * 20]);
    expect(column).toEqual(Array.from({ length: 20 }, (_, row) => (row % 2 === 0 ? 1 : 0)));
  });
});
