import { dissect } from '@cnnviz/dissect';
import * as tf from '@tensorflow/tfjs-core';
import { withChannels } from '../subject.ts';
import type { Procedure } from './procedure.ts';
import { upsamplingOf } from './receptive-field.ts';

/** Which concepts of a few labeled images the units of the layer detect. */
export const dissection: Procedure = {
  name: 'dissection',
  run: async (subject) => {
    const { network, layer, labeled } = subject;
    const [height, width, channels] = network.inputShape;
    const probe = network.probe(layer);
    const { units } = await dissect({
      // RGB, 0 to 255, as large as the labeled images.
      probe: (images) =>
        tf.tidy(() => {
          const resized = tf.image.resizeBilinear(images, [height, width], false, true);
          return probe(withChannels(tf.div(resized, 255), channels));
        }),
      concepts: labeled,
      upsampling: upsamplingOf(subject),
      batchSize: 4,
    });
    const detectors = units.filter(({ isDetector }) => isDetector);
    const concepts = new Set(detectors.map(({ best }) => best!.concept.name));
    return {
      text: `${detectors.length} of ${units.length} units detect ${concepts.size} concepts in ${labeled.count} images`,
    };
  },
};
