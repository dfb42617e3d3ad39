import { sceneObjects } from './scene-objects.ts';
import { materials, type Pattern, textures, tonesOf } from './scene-patterns.ts';
import { isInside } from './shape.ts';

/** Everything that determines a picture of `conceptScenes` except size and noise. Lengths are shares of the picture's side. */
export interface SceneDescription {
  /** Name of the scene, such as `street`, which two of the objects determine. */
  scene: string;
  /** Two colors, above and below the horizon, under one texture. */
  background: { horizon: number; above: string; below: string; texture: string; weave: Weave };
  /** Objects from back to front. */
  objects: SceneObject[];
}

/** An object in a scene. Lengths are shares of the picture's side. */
export interface SceneObject {
  name: string;
  left: number;
  top: number;
  width: number;
  height: number;
  /** Whether left and right are swapped. */
  isMirrored: boolean;
  /** Parts in the order in which they are painted. */
  parts: { name: string; color: string; material: string; weave: Weave }[];
}

/** How a pattern lies on the picture. */
export interface Weave {
  /** Length of one repetition. */
  period: number;
  /** Direction of the pattern's x axis, of length 1. */
  direction: readonly [x: number, y: number];
  shift: readonly [x: number, y: number];
}

/** What a pixel can show: everything that a label can say of it. */
export interface Surface {
  color: string;
  object?: string;
  part?: string;
  material?: string;
  texture?: string;
}

export interface RenderedScene {
  surfaces: readonly Surface[];
  /** Which of the surfaces each pixel shows, row by row. */
  shown: Uint8Array;
  /** 1 where the pattern of that surface is dark. */
  isDark: Uint8Array;
}

/**
 * Draws a scene, the later over the earlier. A pixel shows the one surface that is at its center: there is no blending,
 * so what is shown is what is labeled.
 */
export function renderScene({ background, objects }: SceneDescription, size: number): RenderedScene {
  const shown = new Uint8Array(size * size);
  const isDark = new Uint8Array(size * size);
  const surfaces: Surface[] = [];
  /** Paints the pixels from `first` to before `end`, in both directions, whose center `covers`. */
  const paint = (
    surface: Surface,
    pattern: Pattern,
    weave: Weave,
    [left, top, right, bottom]: readonly [number, number, number, number],
    covers: (x: number, y: number) => boolean,
  ) => {
    const number = surfaces.push(surface) - 1;
    const isDarkAt = lay(pattern, weave);
    for (let row = firstCenter(top, size); row < firstCenter(bottom, size); row++) {
      const y = (row + 0.5) / size;
      for (let column = firstCenter(left, size); column < firstCenter(right, size); column++) {
        const x = (column + 0.5) / size;
        if (!covers(x, y)) continue;
        shown[row * size + column] = number;
        isDark[row * size + column] = isDarkAt(x, y) ? 1 : 0;
      }
    }
  };

  const { horizon, above, below, texture, weave } = background;
  const everywhere = () => true;
  paint({ color: above, texture }, textures[texture]!, weave, [0, 0, 1, horizon], everywhere);
  paint({ color: below, texture }, textures[texture]!, weave, [0, horizon, 1, 1], everywhere);
  for (const { name, left, top, width, height, isMirrored, parts } of objects) {
    const model = sceneObjects.find((candidate) => candidate.name === name)!;
    for (const { name: part, color, material, weave: own } of parts) {
      const { shapes } = model.parts.find((candidate) => candidate.name === part)!;
      const covers = (x: number, y: number) => {
        const across = (x - left) / width;
        const down = (y - top) / height;
        return shapes.some((shape) => isInside(shape, isMirrored ? 1 - across : across, down));
      };
      const surface = { color, object: name, part, material };
      paint(surface, materials[material]!, own, [left, top, left + width, top + height], covers);
    }
  }
  return { surfaces, shown, isDark };
}

/** The first pixel whose center is at or after a place in the picture. */
function firstCenter(place: number, size: number): number {
  return Math.min(size, Math.max(0, Math.ceil(place * size - 0.5)));
}

function lay(pattern: Pattern, { period, direction: [cosine, sine], shift }: Weave): Pattern {
  return (x, y) => {
    const along = (x * cosine + y * sine) / period + shift[0];
    const across = (y * cosine - x * sine) / period + shift[1];
    return pattern(along, across);
  };
}

/** RGB of each pixel, 0 to 255. */
export function pixelsOf({ surfaces, shown, isDark }: RenderedScene): Uint8Array {
  const tones = surfaces.map(({ color }) => tonesOf(color));
  const pixels = new Uint8Array(shown.length * 3);
  for (let pixel = 0; pixel < shown.length; pixel++) {
    const [r, g, b] = tones[shown[pixel]!]![isDark[pixel]!]!;
    pixels[3 * pixel] = r;
    pixels[3 * pixel + 1] = g;
    pixels[3 * pixel + 2] = b;
  }
  return pixels;
}
