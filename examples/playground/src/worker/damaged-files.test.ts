import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveModel } from '@cnnviz/models';
import { linearClassifier, useBackend } from '@cnnviz/testing';
import { damagedBytes, damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evolvePictures, type SavedEvolution } from './evolution.ts';
import { loadVisitorModel } from './visitor-model.ts';

useBackend('cpu');

describe('damaged files', () => {
  it.each(['cppn', 'direct'] as const)(
    'of an evolution of %s are resumed or refused with a message',
    async (encoding) => {
      const network = {
        classify: linearClassifier(
          [0, 1, 2].map((label) => Array.from({ length: 36 }, (_, pixel) => (pixel % 3 === label ? 0.5 : -0.1))),
          [0, 0, 0],
        ),
        shape: [6, 6, 1] as const,
        bounds: [0, 1] as const,
        classes: ['zero', 'one', 'two'],
      };
      const work = { signal: new AbortController().signal, onProgress: () => {}, isToPause: () => false };
      const evolve = (options: { generations: number; saved?: SavedEvolution }) =>
        evolvePictures(network, { encoding, seed: 0, ...options }, work);
      const { saved } = await evolve({ generations: 1 });
      const few = { ...saved, state: { ...saved.state, generation: 0 } };
      const before = tf.memory().numTensors;
      await fuzz(
        damagedJson(JSON.parse(JSON.stringify(few)) as SavedEvolution),
        async (damaged) => {
          try {
            await evolve({ generations: 0, saved: damaged });
          } finally {
            expect(tf.memory().numTensors).toBe(before);
          }
        },
        ({ message }) => /^(@cnnviz\/(genetic|internal): |This (is no|is not|saved) )/.test(message),
      );
      for (const notSaved of [null, 7, [], { encoding: 'cppn', seed: 0, medians: [], state: null }]) {
        const refused = evolve({ generations: 0, saved: notSaved as never });
        await expect(refused).rejects.toThrow(/not a saved evolution|MapElites: resume must be/);
      }
    },
  );

  it("of the visitor's model are read or refused in words", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3, activation: 'relu' }),
        tfl.layers.flatten(),
        tfl.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    await saveModel(model, folder, { preprocessing: { range: [0, 1] }, labels: [...'abc'] });
    model.dispose();
    const [json, weights] = await Promise.all(
      ['model.json', 'weights.bin'].map(async (name) => Uint8Array.from(await readFile(join(folder, name)))),
    );
    await rm(folder, { recursive: true });

    const load = (json: Uint8Array<ArrayBuffer>, weights: Uint8Array<ArrayBuffer>) =>
      loadVisitorModel({
        range: [0, 1],
        folder: [
          { path: 'mine/model.json', file: new Blob([json]) },
          { path: 'mine/weights.bin', file: new Blob([weights]) },
        ],
      });
    const before = tf.memory().numTensors;
    const read = async ({ json, weights }: { json: Uint8Array; weights: Uint8Array }) => {
      try {
        (await load(Uint8Array.from(json), Uint8Array.from(weights))).model.dispose();
      } finally {
        expect(tf.memory().numTensors).toBe(before);
      }
    };
    await read({ json: json!, weights: weights! });
    const text = new TextDecoder().decode(json);
    const encoder = new TextEncoder();
    const damagedModel = fc.oneof(
      { weight: 3, arbitrary: damagedJson(JSON.parse(text)).map((each) => encoder.encode(JSON.stringify(each) ?? '')) },
      { weight: 1, arbitrary: damagedText(text).map((each) => encoder.encode(each)) },
    );
    const damaged = fc.oneof(
      { weight: 4, arbitrary: damagedModel.map((json) => ({ json, weights: weights! })) },
      { weight: 1, arbitrary: damagedBytes(weights!).map((weights) => ({ json: json!, weights })) },
    );
    const inWords =
      /^(TensorFlow\.js cannot compute what the model answers to an image: |The model (takes|answers|needs) |This is no model that the page can use\. )/;
    await fuzz(damaged, read, ({ message }) => inWords.test(message));
  });
});
