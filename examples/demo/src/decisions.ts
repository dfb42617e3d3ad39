import { decisionMap, decisionPicture } from '@cnnviz/adversarial';
import { type PictureCell, type PictureFigure, pngPicture } from '@cnnviz/example-support';
import type { Bounds, Classifier } from '@cnnviz/internal';
import type * as tf from '@tensorflow/tfjs-core';
import { percent } from './percent.ts';

export interface DecisionsOptions {
  model: Classifier;
  /** The digit, `[1, 28, 28, 1]`. */
  image: tf.Tensor4D;
  bounds: Bounds;
  seed: number;
}

/** Euclidean distance from the digit to each side of the map; black to white is 1 per pixel. */
const EXTENT = 5;
const RESOLUTION = 21;
const POINT = 12;

/** What the network reads on two planes through one digit. */
export async function decisionsFigure({ model, image, bounds, seed }: DecisionsOptions): Promise<PictureFigure> {
  const cells: PictureCell[] = [];
  let digit = 0;
  for (const directions of ['gradient', 'random'] as const) {
    const map = await decisionMap(model, image, { bounds, seed, directions, extent: EXTENT, resolution: RESOLUTION });
    const { picture, legend } = decisionPicture(map, { factor: POINT });
    digit = map.sample.label;
    const shares = legend.map(({ name, share }) => `${name} on ${percent(share)}`).join(', ');
    cells.push({
      picture: await pngPicture(picture, {
        name: `decisions-${directions}`,
        alt: `A map of what the network reads around a ${digit}: ${legend.map(({ name, color, share }) => `${name} (${color}) on ${percent(share)}`).join(', ')}`,
      }),
      label: directions === 'gradient' ? 'the worst direction to the right' : 'two random directions',
      note: `${shares}; nearest other digit ${map.sample.distance === null ? 'not on the map' : `${map.sample.distance.toFixed(1)} away`}`,
    });
    picture.dispose();
  }
  return {
    kind: 'pictures',
    caption: `What the network reads around a ${digit} (the cross). Each map is a plane through it, ${2 * EXTENT} wide in Euclidean distance. Blue is ${digit}, every other color another digit; colors are paler where the network is less sure. Striped areas have pixels blacker than black or whiter than white.`,
    rows: [{ cells }],
  };
}
