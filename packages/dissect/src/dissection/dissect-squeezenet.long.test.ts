import { createRandom, type Probe } from '@cnnviz/internal';
import { startBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import {
  dataFolder,
  expectObviousCounts,
  miniBroden,
  squeezeNet,
} from '../../test-support/squeezenet-on-mini-broden.ts';
import type { ConceptData } from '../data/concepts.ts';
import { receptiveField } from '../receptive-field/receptive-field.ts';
import { randomRotation } from '../statistics/random-rotation.ts';
import { rotateUnits } from '../statistics/rotate-units.ts';
import { uniqueDetectors } from '../statistics/unique-detectors.ts';
import { dissect } from './dissect.ts';
import type { Dissection } from './dissection.ts';

/** What a network makes of all images, as a probe that gives it again in their order, as often as it is asked. */
async function recorded(network: tfl.LayersModel, layer: string, concepts: ConceptData, batchSize: number) {
  const upTo = tfl.model({ inputs: network.inputs, outputs: network.getLayer(layer).output as tfl.SymbolicTensor });
  const batches: Tensor4D[] = [];
  for (let start = 0; start < concepts.count; start += batchSize) {
    const images = await Promise.all(Array.from({ length: batchSize }, (_, index) => concepts.read(start + index)));
    const activations = tf.tidy(() => {
      const pixels = tf.stack(images.map(({ pixels }) => tf.tensor3d(Float32Array.from(pixels), [224, 224, 3])));
      const resized = tf.image.resizeBilinear(pixels as Tensor4D, [227, 227]);
      return upTo.predict(tf.sub(resized, [122.679, 116.669, 104.007])) as Tensor4D;
    });
    batches.push(activations);
  }
  let calls = 0;
  const probe: Probe = () => tf.clone(batches[calls++ % batches.length]!);
  return { probe, dispose: () => tf.dispose(batches) };
}

/** Gives a network weights as before a training: normal numbers of variance 2 / inputs, and no biases. */
function forget(network: tfl.LayersModel, seed: number): void {
  const random = createRandom(seed);
  for (const layer of network.layers) {
    const weights = layer.getWeights().map((tensor) => {
      const inputs = tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1);
      const values = new Float32Array(tensor.size);
      return tf.tensor(tensor.rank === 1 ? values : random.fillNormal(values, 0, Math.sqrt(2 / inputs)), tensor.shape);
    });
    layer.setWeights(weights);
    tf.dispose(weights);
  }
}

describe.runIf(dataFolder)('SqueezeNet on mini-broden (needs CNNVIZ_DATA)', () => {
  it('gives the counts of the obvious way for some units of an early and of the last layer', async () => {
    await startBackend('wasm');
    const { firing } = await expectObviousCounts(['conv1', 'fire9_concat'], [0, 200, 400, 600, 800, 990]);
    expect(firing).toBeGreaterThan(1000);
  });

  it('detects more different things than it does untrained or turned at random, and the same by sampled thresholds', async () => {
    await startBackend('wasm');
    const all = await miniBroden();
    const [count, batchSize, layer] = [80, 10, 'fire9_concat'];
    // At random: textures follow each other in turns.
    const chosen = createRandom(0).permutation(all.count).subarray(0, count);
    const images = await Promise.all(Array.from(chosen, (index) => all.read(index)));
    const { readLabels: _, ...rest } = all;
    const concepts: ConceptData = { ...rest, count, read: async (index) => images[index]! };
    const network = await squeezeNet();
    const options = { concepts, batchSize, upsampling: receptiveField(network, layer) };

    const { probe, dispose } = await recorded(network, layer, concepts, batchSize);
    const trained = await dissect({ ...options, probe });
    const turned = rotateUnits(probe, randomRotation({ units: 512, seed: 0 }));
    const rotated = await dissect({ ...options, probe: turned });
    const sampled = await dissect({ ...options, probe, thresholdMemory: 1 });
    dispose();
    forget(network, 0);
    const untrainedProbe = await recorded(network, layer, concepts, batchSize);
    const untrained = await dissect({ ...options, probe: untrainedProbe.probe });
    untrainedProbe.dispose();
    network.dispose();

    const unique = ({ units }: Dissection) => uniqueDetectors(units);
    for (const count of ['uniquePerCategory', 'uniqueBestLabels'] as const) {
      expect(unique(trained)[count]).toBeGreaterThan(1.5 * unique(rotated)[count]);
      expect(unique(trained)[count]).toBeGreaterThan(1.5 * unique(untrained)[count]);
    }
    const objects = ({ units }: Dissection) =>
      units.filter(({ isDetector, best }) => isDetector && best!.concept.category === 'object').length;
    expect(objects(trained)).toBeGreaterThan(4 * objects(untrained));

    expect([trained.rankError, sampled.rankError > 0]).toEqual([0, true]);
    const detectors = trained.units.filter(({ isDetector }) => isDetector);
    const alike = detectors.filter(
      ({ unit, best }) => sampled.units[unit]!.best?.concept.number === best!.concept.number,
    );
    expect(alike.length).toBeGreaterThan(0.95 * detectors.length);
    expect(sampled.units.some(({ unit, threshold }) => threshold !== trained.units[unit]!.threshold)).toBe(true);
  }, 300_000);
});
