import { PassThrough } from 'node:stream';
import { mnist, progressBars, renderReport } from '@cnnviz/example-support';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compareRemedies, remedies } from './experiment.ts';
import { overfittingChapter } from './report.ts';

useBackend('wasm');

test('without a remedy the network learns few digits by heart; every remedy is compared with it', async () => {
  const data = await mnist({ seed: 0 });
  const before = tf.memory().numTensors;
  const outcomes = await compareRemedies({
    data,
    trainImages: 60,
    testImages: 300,
    corruption: 0.2,
    epochs: 25,
    seed: 0,
    progress: progressBars({ stream: new PassThrough() }),
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(outcomes.map(({ remedy }) => remedy)).toEqual(remedies.map(({ name }) => name));
  const [none, ...others] = outcomes;
  const last = none!.history.at(-1)!;
  expect(last.accuracy).toBeGreaterThan(0.98);
  expect(last.validationLoss!).toBeGreaterThan(last.loss + 0.3);
  expect(none!.capacity.parameters).toBe(784 * 128 + 128 + 128 * 10 + 10);
  const losses = (history: { loss: number }[]) => history.map(({ loss }) => loss);
  for (const { remedy, history, epoch } of others) {
    if (remedy !== 'early stopping') expect(history[0]!.loss).not.toBe(none!.history[0]!.loss);
    else {
      expect(losses(history)).toEqual(losses(none!.history).slice(0, history.length));
      const tested = history.map(({ validationLoss }) => validationLoss!);
      expect(epoch).toBe(tested.indexOf(Math.min(...tested)));
    }
  }

  const chapter = overfittingChapter(outcomes, 'MNIST');
  const page = await renderReport({ title: 'test', intro: [], facts: [], chapters: [chapter] });
  expect(page.match(/<svg/g)!.length).toBe(2);
});
