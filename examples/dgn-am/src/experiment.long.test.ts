import { PassThrough } from 'node:stream';
import { mnist, progressBars, renderReport } from '@cnnviz/example-support';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { drawWhatUnitsWant, firstImages } from './experiment.ts';
import { classesChapter, generatorChapter, hiddenChapter } from './report.ts';

useBackend('wasm');

test('networks, a generator, three methods, hidden units and their pages, on a thousand digits', async () => {
  const { train, test: held } = await mnist({ seed: 0 });
  const before = tf.memory().numTensors;
  const experiment = await drawWhatUnitsWant({
    data: { train: firstImages(train, 1024), test: firstImages(held, 200) },
    networkEpochs: 1,
    judgeEpochs: 2,
    generatorEpochs: 2,
    starts: 2,
    wanted: 1,
    steps: 12,
    hiddenUnits: 3,
    seed: 0,
    progress: progressBars({ stream: new PassThrough() }),
  });
  const { quality, classes, learned, hidden } = experiment;
  expect(learned.history[1]!.imageLoss).toBeLessThan(learned.history[0]!.imageLoss);
  expect(quality.map(({ method, images }) => [method, images])).toEqual([
    ['real', 20],
    ['generator', 20],
    ['fourier', 20],
    ['pixels', 20],
  ]);
  const [real, generator, , pixels] = quality;
  expect(generator!.recognized).toBeGreaterThan(pixels!.recognized);
  expect(generator!.nearestDistance).toBeLessThan(pixels!.nearestDistance);
  expect(real!.recognized).toBeGreaterThan(pixels!.recognized);
  expect(real!.nearestDistance).toBeLessThan(pixels!.nearestDistance);
  for (const { images, film } of classes) {
    expect(images.shape).toEqual([20, 28, 28, 1]);
    expect(film.length).toBeGreaterThan(2);
  }
  expect(hidden.units.length).toBe(3);
  expect(hidden.real.shape[0]).toBe(9);

  const chapters = [
    await generatorChapter(experiment),
    await classesChapter(experiment, { classNames: train.classes, wanted: 1 }),
    await hiddenChapter(experiment),
  ];
  const page = await renderReport({ title: 'test', intro: [], chapters });
  expect(page.match(/<img/g)!.length).toBe(2 + 1 + 30 + 3 + 12);
  experiment.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
