import { pngPicture } from '@cnnviz/example-support';
import { cppnEncoding, evolveFoolingImages } from '@cnnviz/genetic';
import * as tf from '@tensorflow/tfjs-core';
import { type Procedure, percent } from './procedure.ts';

/** Patterns that the network takes for something, bred without a gradient. */
export const evolution: Procedure = {
  name: 'evolution',
  run: async ({ name, network, scores, names, shown, extent }) => {
    const encoding = cppnEncoding({ shape: network.inputShape });
    const [wanted] = shown;
    const confidences: number[] = [];
    const { elites } = await evolveFoolingImages(scores, {
      encoding,
      bounds: [0, 1],
      populationSize: extent.populationSize,
      batchSize: 4,
      generations: extent.generations,
      seed: 0,
      onProgress: (progress) => void confidences.push(confidenceIn(progress.elites)),
    });
    const best = elites.find(({ cell }) => cell === wanted)!;
    const gain = `${names[wanted!]} ${percent(confidences[0]!)} → ${percent(best.objective)}`;
    const image = tf.tidy(() => tf.squeeze<tf.Tensor3D>(encoding.render([best.genome]), [0]));
    const picture = await pngPicture(image, { name: `${name}-evolved`, alt: `A pattern bred for ${names[wanted!]}` });
    image.dispose();
    return { text: gain, pictures: [{ picture, label: `bred for ${names[wanted!]}`, note: gain }] };

    function confidenceIn(elites: readonly { cell: number; objective: number }[]): number {
      return elites.find(({ cell }) => cell === wanted)?.objective ?? 0;
    }
  },
};
