import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { mnist, progressBars, renderReport } from '@cnnviz/example-support';
import { loadGenerator } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { firstImages } from './experiment.ts';
import { houseNumbersChapter } from './report.ts';
import { drawHouseNumbers } from './svhn-prior.ts';

useBackend('wasm');

const data = process.env.CNNVIZ_DATA ?? '';

test.skipIf(data === '')('house numbers (skipped unless CNNVIZ_DATA names the folder of their generator)', async () => {
  const { train, test: held } = await mnist({ seed: 0 });
  const svhn = await loadGenerator(join(data, 'models/svhn-dcgan'));
  const before = tf.memory().numTensors;
  const drawn = await drawHouseNumbers(
    svhn,
    { train: firstImages(train, 512), test: firstImages(held, 100) },
    { epochs: 1, starts: 1, steps: 6, seed: 0, progress: progressBars({ stream: new PassThrough() }) },
  );
  expect(drawn.photographs.shape).toEqual([10, 32, 32, 3]);
  expect(drawn.seen.shape).toEqual([10, 28, 28, 1]);
  const page = await renderReport({ title: 'test', intro: [], chapters: [await houseNumbersChapter(drawn)] });
  expect(page.match(/<img/g)!.length).toBe(2);

  // What the network saw is the middle of what is shown, in gray.
  const [photographs, seen] = await Promise.all([drawn.photographs.array(), drawn.seen.array()]);
  const [red, green, blue] = photographs[3]![12]![9]!;
  expect(seen[3]![10]![7]![0]).toBeCloseTo((red! + green! + blue!) / 3, 4);

  tf.dispose([drawn.photographs, drawn.seen]);
  expect(tf.memory().numTensors).toBe(before);
  svhn.dispose();
});
