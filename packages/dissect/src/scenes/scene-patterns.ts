/** Whether a pattern is dark at a point; its period is 1. */
export type Pattern = (x: number, y: number) => boolean;

const fraction = (value: number) => value - Math.floor(value);
const isOdd = (value: number) => Math.floor(value) % 2 !== 0;

/** What backgrounds are covered with. */
export const textures: Readonly<Record<string, Pattern>> = {
  striped: (_, y) => fraction(y) < 0.5,
  chequered: (x, y) => isOdd(x) !== isOdd(y),
  dotted: (x, y) => (fraction(x) - 0.5) ** 2 + (fraction(y) - 0.5) ** 2 < 0.1,
  zigzagged: (x, y) => fraction(y + Math.abs(2 * fraction(x / 2) - 1)) < 0.5,
  grid: (x, y) => fraction(x) < 0.25 || fraction(y) < 0.25,
};

/** What parts of objects are made of. */
export const materials: Readonly<Record<string, Pattern>> = {
  painted: () => false,
  wood: (x, y) => fraction(y + 1.2 * fraction(x / 4) * (1 - fraction(x / 4))) < 0.35,
  metal: (x, y) => fraction((x + y) / 3) < 0.3,
  brick: (x, y) => fraction(y) < 0.28 || fraction(x / 2 + (isOdd(y) ? 0.5 : 0)) < 0.14,
  fabric: (x, y) => fraction(2 * x) < 0.5 === fraction(2 * y) < 0.5,
};

type Rgb = readonly [r: number, g: number, b: number];

/** The eleven basic colors, as they are where a pattern is light, 0 to 255. */
export const sceneColors: Readonly<Record<string, Rgb>> = {
  black: [26, 26, 30],
  blue: [40, 80, 220],
  brown: [120, 72, 36],
  green: [48, 160, 60],
  gray: [128, 128, 128],
  orange: [236, 128, 24],
  pink: [236, 150, 196],
  purple: [130, 44, 170],
  red: [206, 36, 40],
  white: [238, 238, 238],
  yellow: [236, 220, 56],
};

/** What is left of a color where a pattern is dark. */
const darkening = 0.68;

/** A color where its pattern is light, and where it is dark. */
export function tonesOf(color: string): readonly [light: Rgb, dark: Rgb] {
  const light = sceneColors[color]!;
  return [light, light.map((level) => Math.round(level * darkening)) as [number, number, number]];
}
