// One work of one size, in a process of its own, so that the memory it takes is its own. main.ts starts it.

import { chooseBackend, type PeakMemory, peakMemory } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { loadDigitNetwork } from '../digit-network.ts';
import { works } from './works.ts';

/** What main.ts is told. */
export interface Held {
  peak: PeakMemory;
  /** That were not there before. */
  tensorsLeft: number;
}

const { name, size, backend, folder } = JSON.parse(process.argv[2]!) as {
  name: string;
  size: number;
  backend: string;
  folder: string;
};
await chooseBackend({ argv: ['--backend', backend], print: () => {} });
const network = await loadDigitNetwork(folder);
const before = tf.memory().numTensors;
await works[name]!.run(network, size);
const held: Held = { peak: peakMemory(), tensorsLeft: tf.memory().numTensors - before };
process.send!(held);
process.disconnect();
