import { readFile } from 'node:fs/promises';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'vitest';
import type { ConceptData } from '../src/data/concepts.ts';
import { openBroden } from '../src/data/open-broden.ts';
import { dissectLayers } from '../src/dissection/dissect.ts';
import type { LayersProbe } from '../src/dissection/dissection-options.ts';
import { receptiveField } from '../src/receptive-field/receptive-field.ts';
import { obviousDissection } from './obvious-dissection.ts';

/** The folder of real weights and photographs, if there is one. */
export const dataFolder: string | undefined = process.env.CNNVIZ_DATA;

export async function squeezeNet(): Promise<tfl.LayersModel> {
  const folder = `${dataFolder}/models/squeezenet1.0-imagenet`;
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(`${folder}/model.json`, 'utf8'));
  const weights = Uint8Array.from(await readFile(`${folder}/weights.bin`));
  const weightSpecs = weightsManifest.flatMap((group: { weights: tf.io.WeightsManifestEntry[] }) => group.weights);
  return tfl.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData: weights.buffer }));
}

export const miniBroden = (): Promise<ConceptData> =>
  openBroden((path) => readFile(`${dataFolder}/mini-broden/${path}`));

/** By hand: conv1 sees 7 pixels from 0 on, 2 apart, fire9 155 from -60 on, 16 apart; a label is 2 pixels. */
const centers = {
  conv1: Array.from({ length: 111 }, (_, index) => 1 + index),
  fire9_concat: Array.from({ length: 13 }, (_, index) => 8 + 8 * index),
};

const UNITS = 5;

/** Dissects a few units of some layers on some photographs, and expects the counts of the obvious way. */
export async function expectObviousCounts(
  names: readonly (keyof typeof centers)[],
  chosen: readonly number[],
): Promise<{ firing: number }> {
  const all = await miniBroden();
  const concepts: ConceptData = {
    ...all,
    count: chosen.length,
    read: (index) => all.read(chosen[index]!),
    readLabels: (index) => all.readLabels!(chosen[index]!),
  };
  const network = await squeezeNet();
  const kept: Record<string, number[][][][]> = Object.fromEntries(names.map((name) => [name, []]));
  const dissections = await dissectLayers({
    probe: someUnits(network, names),
    concepts,
    upsampling: Object.fromEntries(names.map((name) => [name, receptiveField(network, name)])),
    batchSize: 3,
    keepImages: true,
    onActivations: ({ layer, activations, height, width, units }) => {
      kept[layer]!.push(
        Array.from({ length: height }, (_, y) =>
          Array.from({ length: width }, (_, x) => [
            ...activations.subarray((y * width + x) * units, (y * width + x + 1) * units),
          ]),
        ),
      );
    },
  });
  network.dispose();

  const images = await Promise.all(chosen.map((_, index) => concepts.readLabels!(index)));
  let firing = 0;
  for (const { layer, units, imageCounts, mapSize } of dissections) {
    const line = centers[layer as keyof typeof centers];
    expect(mapSize).toEqual([line.length, line.length]);
    const reference = obviousDissection({
      maps: kept[layer]!,
      images,
      concepts: all.concepts,
      labelSize: all.labelSize,
      centers: [line, line],
      quantile: 0.995,
    });
    expect(units.map(({ threshold }) => threshold)).toEqual(reference.thresholds);
    for (const { unit, byCategory } of units) {
      for (const { concept, iou, ...counts } of byCategory) {
        const expected = reference.match(unit, concept.number);
        expect([layer, unit, concept.name, counts]).toEqual([layer, unit, concept.name, expected]);
        expect(iou).toBeGreaterThan(0);
      }
    }
    const fired = imageCounts.flatMap(({ activation }) => activation).reduce((sum, pixels) => sum + pixels, 0);
    expect(fired).toBe(reference.firing);
    firing += fired;
  }
  return { firing };
}

/** The units 40 to 44 of some layers. */
function someUnits(network: tfl.LayersModel, names: readonly string[]): LayersProbe {
  const outputs = names.map((name) => network.getLayer(name).output as tfl.SymbolicTensor);
  const upTo = tfl.model({ inputs: network.inputs, outputs });
  return (images) =>
    tf.tidy(() => {
      const resized = tf.image.resizeBilinear(images, [227, 227]);
      const maps = [upTo.predict(tf.sub(resized, [122.679, 116.669, 104.007]))].flat() as Tensor4D[];
      return Object.fromEntries(
        names.map((name, index) => [name, tf.slice(maps[index]!, [0, 0, 0, 40], [-1, -1, -1, UNITS])]),
      );
    });
}
