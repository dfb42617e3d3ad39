import { channel, fourier, jitter, logit, maximizeActivation, pad, resize } from '@cnnviz/actmax';
import { type PictureCell, pngPicture } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { liveliestUnits } from '../liveliest-units.ts';
import type { Subject } from '../subject.ts';
import { type Procedure, rounded } from './procedure.ts';

const UNITS = 2;

/** What two units of the layer, and two scores, want to see. */
export const maximization: Procedure = {
  name: 'activation maximization',
  run: async (subject) => {
    const { network, layer, scores, names, shown } = subject;
    const units = await liveliestUnits(subject, UNITS);
    const ofUnits = await ascend(subject, channel(network.probe(layer), units));
    const ofScores = await ascend(subject, logit(scores, shown));
    const cells: PictureCell[] = [];
    for (const [i, unit] of units.entries())
      cells.push(await cellOf(ofUnits, i, `unit ${unit} of ${shortName(layer)}`));
    for (const [i, score] of shown.entries()) cells.push(await cellOf(ofScores, i, names[score]!));
    tf.dispose([ofUnits.images, ofScores.images]);
    const gains = [ofUnits, ofScores].map(({ from, to }) => `${rounded(from[0]!)} → ${rounded(to[0]!)}`);
    return { text: `unit ${units[0]} ${gains[0]}, ${names[shown[0]!]} ${gains[1]}`, pictures: cells };

    async function cellOf({ images, from, to }: Ascent, i: number, label: string): Promise<PictureCell> {
      const image = tf.tidy(() => tf.squeeze<tf.Tensor3D>(tf.slice(images, i, 1), [0]));
      const name = `${subject.name}-${label.replace(/[^a-z0-9]+/gi, '-')}`;
      const picture = await pngPicture(image, { name, alt: `What maximizes ${label}` });
      image.dispose();
      return { picture, label, note: `${rounded(from[i]!)} → ${rounded(to[i]!)}` };
    }
  },
};

interface Ascent {
  images: tf.Tensor4D;
  from: number[];
  to: number[];
}

async function ascend({ network, extent }: Subject, objective: ReturnType<typeof logit>): Promise<Ascent> {
  const [height, width] = network.inputShape;
  const { images, activations, trace, last } = await maximizeActivation({
    objective,
    parameterization: fourier({ shape: network.inputShape, bounds: [0, 1] }),
    transforms: [pad({ pixels: 4 }), jitter({ pixels: 8 }), resize({ size: [height, width] })],
    steps: extent.ascentSteps,
    seed: 0,
  });
  last.images.dispose();
  const from = trace[0]!;
  for (const [i, value] of activations.entries()) {
    if (value > from[i]!) continue;
    images.dispose();
    throw new Error(`the activation went from ${from[i]} to ${value}`);
  }
  return { images, from, to: activations };
}

/** The last parts of a node's long name. */
export const shortName = (layer: string): string => layer.split('/').slice(-2).join('/');
