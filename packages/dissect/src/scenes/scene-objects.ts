import type { Shape } from './shape.ts';

export interface ObjectModel {
  readonly name: string;
  /** Width by height. */
  readonly aspect: number;
  /** Painted in this order, each over those before it. */
  readonly parts: readonly { readonly name: string; readonly shapes: readonly Shape[] }[];
}

const ellipse = (...of: [centerX: number, centerY: number, radiusX: number, radiusY: number]): Shape => ({
  ellipse: of,
});
const polygon = (...corners: [x: number, y: number][]): Shape => ({ polygon: corners });
const box = (left: number, top: number, right: number, bottom: number): Shape =>
  polygon([left, top], [right, top], [right, bottom], [left, bottom]);

/** What `conceptScenes` draws, each in the unit square. */
export const sceneObjects: readonly ObjectModel[] = [
  {
    name: 'house',
    aspect: 1,
    parts: [
      { name: 'chimney', shapes: [box(0.7, 0.02, 0.84, 0.35)] },
      { name: 'wall', shapes: [box(0.1, 0.44, 0.9, 1)] },
      { name: 'roof', shapes: [polygon([0, 0.46], [0.5, 0], [1, 0.46])] },
      { name: 'door', shapes: [box(0.58, 0.6, 0.8, 1)] },
      { name: 'window', shapes: [box(0.2, 0.56, 0.46, 0.78)] },
    ],
  },
  {
    name: 'tree',
    aspect: 0.75,
    parts: [
      { name: 'trunk', shapes: [box(0.41, 0.55, 0.59, 1)] },
      {
        name: 'crown',
        shapes: [ellipse(0.5, 0.24, 0.3, 0.24), ellipse(0.27, 0.46, 0.27, 0.2), ellipse(0.73, 0.46, 0.27, 0.2)],
      },
    ],
  },
  {
    name: 'car',
    aspect: 2,
    parts: [
      {
        name: 'body',
        shapes: [polygon([0, 0.48], [0.17, 0.42], [0.3, 0], [0.72, 0], [0.86, 0.42], [1, 0.5], [1, 0.82], [0, 0.82])],
      },
      {
        name: 'car window',
        shapes: [
          polygon([0.35, 0.1], [0.49, 0.1], [0.49, 0.42], [0.26, 0.42]),
          polygon([0.54, 0.1], [0.68, 0.1], [0.77, 0.42], [0.54, 0.42]),
        ],
      },
      { name: 'wheel', shapes: [ellipse(0.22, 0.78, 0.11, 0.22), ellipse(0.78, 0.78, 0.11, 0.22)] },
    ],
  },
  {
    name: 'boat',
    aspect: 1.1,
    parts: [
      { name: 'mast', shapes: [box(0.47, 0, 0.53, 0.72)] },
      {
        name: 'sail',
        shapes: [polygon([0.57, 0.03], [0.57, 0.6], [0.98, 0.6]), polygon([0.43, 0.14], [0.43, 0.6], [0.08, 0.6])],
      },
      { name: 'hull', shapes: [polygon([0, 0.68], [1, 0.68], [0.8, 1], [0.2, 1])] },
    ],
  },
  {
    name: 'flower',
    aspect: 0.62,
    parts: [
      { name: 'stem', shapes: [box(0.45, 0.4, 0.55, 1)] },
      { name: 'leaf', shapes: [ellipse(0.74, 0.74, 0.22, 0.07), ellipse(0.26, 0.84, 0.22, 0.07)] },
      {
        // Six of them, 0.17 of the height from the middle.
        name: 'petal',
        shapes: [
          ellipse(0.774, 0.29, 0.18, 0.11),
          ellipse(0.637, 0.437, 0.18, 0.11),
          ellipse(0.363, 0.437, 0.18, 0.11),
          ellipse(0.226, 0.29, 0.18, 0.11),
          ellipse(0.363, 0.143, 0.18, 0.11),
          ellipse(0.637, 0.143, 0.18, 0.11),
        ],
      },
      { name: 'pistil', shapes: [ellipse(0.5, 0.29, 0.16, 0.1)] },
    ],
  },
  {
    name: 'person',
    aspect: 0.48,
    parts: [
      { name: 'leg', shapes: [box(0.27, 0.6, 0.46, 1), box(0.54, 0.6, 0.73, 1)] },
      {
        name: 'arm',
        shapes: [
          polygon([0.27, 0.25], [0.3, 0.36], [0.12, 0.64], [0, 0.58]),
          polygon([0.73, 0.25], [0.7, 0.36], [0.88, 0.64], [1, 0.58]),
        ],
      },
      { name: 'torso', shapes: [polygon([0.25, 0.25], [0.75, 0.25], [0.73, 0.62], [0.27, 0.62])] },
      { name: 'head', shapes: [ellipse(0.5, 0.115, 0.22, 0.115)] },
    ],
  },
  {
    name: 'lamp',
    aspect: 0.55,
    parts: [
      { name: 'pole', shapes: [box(0.44, 0.3, 0.56, 0.92)] },
      { name: 'foot', shapes: [box(0.15, 0.9, 0.85, 1)] },
      { name: 'shade', shapes: [polygon([0.3, 0], [0.7, 0], [1, 0.38], [0, 0.38])] },
    ],
  },
  {
    name: 'clock',
    aspect: 1,
    parts: [
      { name: 'rim', shapes: [ellipse(0.5, 0.5, 0.5, 0.5)] },
      { name: 'face', shapes: [ellipse(0.5, 0.5, 0.38, 0.38)] },
      {
        name: 'hand',
        shapes: [box(0.45, 0.2, 0.55, 0.55), polygon([0.45, 0.48], [0.52, 0.42], [0.76, 0.64], [0.69, 0.72])],
      },
    ],
  },
];
