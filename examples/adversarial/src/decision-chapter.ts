import { decisionMap, decisionPicture } from '@cnnviz/adversarial';
import { type Chapter, type PictureCell, pngPicture, type Update } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import type { Subject } from './subject.ts';

const SIDE = 410;
const DIRECTIONS = ['gradient', 'random'] as const;
const SAMPLES = 2;

/** The planes through the first images on which the network decides as if there were nothing else. */
export async function decisionChapter(
  subject: Subject,
  { resolution, seed, update }: { resolution: number; seed: number; update: Update },
): Promise<Chapter> {
  const { id, network, model, images, bounds, classNames, extent } = subject;
  const rows = [];
  const factor = Math.round(SIDE / resolution);
  let done = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const image = tf.slice(images, sample, 1);
    const cells: PictureCell[] = [];
    let heading = '';
    for (const directions of DIRECTIONS) {
      const map = await decisionMap(model, image, {
        bounds,
        directions,
        extent,
        resolution,
        seed,
        onProgress: (progress) => update(done + progress.done / progress.total),
      });
      update(++done);
      const { picture, legend } = decisionPicture(map, { factor, classNames });
      const shown = legend.slice(0, 5).map(({ name, share }) => `${name} ${Math.round(100 * share)} %`);
      heading = `Image ${sample + 1}: ${classNames[map.sample.label]}`;
      cells.push({
        picture: await pngPicture(picture, {
          name: `${id}-map-${sample + 1}-${directions}`,
          alt: `Classes on a plane through the image. ${legend
            .map(({ name, color, share }) => `${name} (${color}): ${(100 * share).toFixed(1)} %`)
            .slice(0, 8)
            .join(', ')}.`,
        }),
        label: directions === 'gradient' ? 'gradient to the right, random upwards' : 'two random directions',
        note: `${shown.join(', ')}${legend.length > 5 ? `, ${legend.length - 5} more` : ''}; nearest other class: ${map.sample.distance?.toFixed(2) ?? 'none on the map'}`,
      });
      picture.dispose();
    }
    image.dispose();
    rows.push({ heading, cells });
  }
  return {
    id: `${id}-decisions`,
    title: `How ${network}'s decisions lie around an image`,
    intro: [
      `Each map is a plane through an image (the cross), ${2 * extent} wide in Euclidean distance. On the left map, the image's class falls fastest to the right. The right map follows two random directions.`,
    ],
    figures: [
      {
        kind: 'pictures',
        caption:
          'Blue is the class of the image, every other color another class; paler where the network is less sure. Striped: some pixel has left the range from black to white.',
        rows,
      },
    ],
  };
}
