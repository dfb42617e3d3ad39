import { activationGrid, topActivationGrid, topActivations } from '@cnnviz/dissect';
import { pngPicture } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { liveliestUnits } from '../liveliest-units.ts';
import { shortName } from './maximization.ts';
import type { Procedure } from './procedure.ts';
import { upsamplingOf } from './receptive-field.ts';

/** The layer's maps of the first photograph, and the photographs that drive its units most. */
export const grids: Procedure = {
  name: 'grids',
  run: async (subject) => {
    const { name, network, layer, photographs, pictures } = subject;
    const probe = network.probe(layer);
    const units = await liveliestUnits(subject, 16);
    const at = (images: tf.Tensor4D, index: number) =>
      tf.tidy(() => tf.squeeze<tf.Tensor3D>(tf.slice(images, index, 1), [0]));
    const first = at(photographs, 0);
    const maps = activationGrid(probe, first, { normalization: 'each', units, scale: 2 });
    const top = await topActivations(probe, [photographs], { perUnit: 4 });
    const strongest = await topActivationGrid(probe, top, {
      imageOf: (index) => ({ input: at(photographs, index), picture: at(pictures, index) }),
      upsampling: upsamplingOf(subject),
      units: units.slice(0, 4),
    });
    try {
      const options = (part: string, alt: string) => ({ name: `${name}-${part}`, alt });
      const [height, width] = network.layers.find((each) => each.name === layer)!.shape;
      return {
        text: `${units.length} maps of ${height}×${width}, top images of ${photographs.shape[0]}`,
        pictures: [
          {
            picture: await pngPicture(maps, options('maps', `Maps of ${units.length} units on a photograph`)),
            label: `${units.length} units of ${shortName(layer)}`,
            note: 'on the first photograph',
          },
          {
            picture: await pngPicture(strongest, options('top', 'A row a unit: what drives it most, and where')),
            label: `units ${units.slice(0, 4).join(', ')}`,
            note: 'a row each: the photographs that drive it most',
          },
        ],
      };
    } finally {
      tf.dispose([first, maps, strongest]);
    }
  },
};
