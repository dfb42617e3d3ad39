import { type ReceptiveField, receptiveField, type Upsampling } from '@cnnviz/dissect';
import type { Subject } from '../subject.ts';
import type { Procedure } from './procedure.ts';

/** What a position of the layer sees. */
export const field: Procedure = {
  name: 'receptive field',
  run: async (subject) => {
    const { size, stride, offset } = fieldOf(subject);
    return { text: `${size.join('×')}, stride ${stride.join('×')}, from ${offset.join(', ')}` };
  },
};

/** Where positions of the layer lie on the image: as its receptive field says, or as large if that cannot be read. */
export function upsamplingOf(subject: Pick<Subject, 'network' | 'layer'>): Upsampling {
  try {
    return fieldOf(subject);
  } catch {
    return 'half-pixel';
  }
}

function fieldOf({ network, layer }: Pick<Subject, 'network' | 'layer'>): ReceptiveField {
  const { topology, constants, inputShape } = network;
  const [height, width] = inputShape;
  return receptiveField(topology, layer, { inputSize: [height, width], constants });
}
