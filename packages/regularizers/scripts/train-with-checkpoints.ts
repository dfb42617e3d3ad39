/**
 * Trains with its checkpoints in a given file, resumes from that file if it exists, and prints where it ends: for the test
 * that kills it.
 */
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { batchesOf } from '@cnnviz/internal';
import { startBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { augment, decodeCheckpoint, encodeCheckpoint, randomCrop, randomMirror, train } from '../src/index.ts';
import { denseModel, patternExamples } from '../test-support/dense-model.ts';

const file = process.argv[2]!;
await startBackend('cpu');

// A fresh process has other weights until the checkpoint gives it those of the killed one.
const isResumed = existsSync(file);
const model = denseModel({ rate: 0.3, seed: isResumed ? 99 : 0 });
const { history } = await train(model, (epoch) => batchesOf(patternExamples(24, epoch), 4), {
  optimizer: tf.train.adam(0.02),
  epochs: 4,
  seed: 5,
  augmentation: augment(randomCrop({ size: [4, 4], padding: 1 }), randomMirror()),
  checkpointEvery: 2,
  // Time to be killed in.
  onProgress: () => setTimeout(5),
  onCheckpoint: async (checkpoint) => {
    await writeFile(`${file}.part`, encodeCheckpoint(checkpoint));
    await rename(`${file}.part`, file);
    console.log('checkpoint');
  },
  ...(isResumed ? { resume: decodeCheckpoint(await readFile(file)) } : {}),
});
const weights = await Promise.all(model.variables.map(async (variable) => [...(await variable.data())]));
console.log(JSON.stringify({ history, weights }));
