import type { Cost } from '@cnnviz/example-support';
import type { Probe } from '@cnnviz/internal';
import type { ImageModel } from '@cnnviz/models';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ConceptData, dissect } from '../src/index.ts';

/** Times the bare forward passes. */
const MOST = 1.15;

/** Dissects a layer, top images included, and says what that took beside the probe and the decoding. */
export async function dissectionCosts(network: ImageModel, data: ConceptData, layer: string): Promise<Cost[]> {
  const [height, width] = network.inputShape;
  const layerProbe = network.probe(layer);
  const spent = { probing: 0, decoding: 0 };
  let isFirst = true;
  let begun = 0;
  const probe: Probe = (images) => {
    if (isFirst) {
      // What runs for the first time compiles.
      tf.dispose(layerProbe(tf.zeros([1, height, width, 3])));
      isFirst = false;
      begun = processorTime();
      spent.decoding = 0;
    }
    const start = processorTime();
    const activations = layerProbe(tf.div(tf.image.resizeBilinear(images, [height, width]), 255) as Tensor4D);
    spent.probing += processorTime() - start;
    return activations;
  };
  const decoding = async <T>(read: Promise<T>, start: number) => {
    const result = await read;
    spent.decoding += processorTime() - start;
    return result;
  };
  const concepts: ConceptData = {
    ...data,
    // One after the other, so that the time of each is its own.
    read: inTurn((index) => decoding(data.read(index), processorTime())),
    readLabels: inTurn((index) => decoding((data.readLabels ?? data.read)(index), processorTime())),
  };
  let probed = 0;
  const { units } = await dissect({
    probe,
    concepts,
    upsampling: 'half-pixel',
    topImages: 10,
    onActivations: () => {
      probed++;
    },
  });
  const total = processorTime() - begun - spent.decoding;
  // One pass over the images is what nobody can avoid; what goes through the network again is a cost.
  const floor = (spent.probing / probed) * data.count;
  const own = `${perImage(total - floor, data.count)} ms an image beside ${perImage(floor, data.count)} of the probe, which saw ${probed}`;
  const decoded = `decoding takes ${perImage(spent.decoding, data.count)}`;
  return [
    {
      what: `dissection of ${layer}, ${units.length} units, ${data.count} images`,
      ratio: total / floor,
      bound: { atMost: MOST },
      detail: `${own}; ${decoded}`,
    },
  ];
}

/** Milliseconds of processor: others on the machine do not count. */
const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const perImage = (milliseconds: number, images: number) => (milliseconds / images).toFixed(1);

function inTurn<T>(read: (index: number) => Promise<T>): (index: number) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (index) => {
    const next = last.then(() => read(index));
    last = next;
    return next;
  };
}
