/**
 * Makes one photograph look like another class to SqueezeNet 1.0, by a change of at most 2 of 255 gray levels, and writes
 * `report/photograph/index.html`: the first picture of the root README.
 *
 *     pnpm --filter @cnnviz/example-adversarial photograph PHOTOGRAPH MODELS
 *
 * MODELS is a folder that holds `squeezenet1.0-imagenet`.
 */
import { join, resolve } from 'node:path';
import { adversarialStrip, pgd } from '@cnnviz/adversarial';
import {
  chooseBackend,
  loadSqueezeNet,
  pngPicture,
  readPhoto,
  workspaceRoot,
  writeReport,
} from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { percent } from './percent.ts';

const GOLDFISH = 1;
const EPSILON = 2 / 255;

const from = process.env.INIT_CWD ?? '.';
const [photograph, models] = process.argv.slice(2).map((path) => resolve(from, path));
if (photograph === undefined || models === undefined) throw new Error('expected PHOTOGRAPH and MODELS');

await chooseBackend();
const { classifier, labels, bounds, inputShape } = await loadSqueezeNet(models);
const classNames = labels!.map((name) => name.slice(name.indexOf(' ') + 1).split(',')[0]!);
const images = tf.stack([await readPhoto(photograph, { size: inputShape[0] })]) as tf.Tensor4D;
const target = tf.tensor1d([GOLDFISH], 'int32');
const attacked = await pgd(classifier, images, target, { epsilon: EPSILON, bounds, targeted: true, seed: 0 });
const { picture, rows } = await adversarialStrip(classifier, images, attacked.images, {
  bounds,
  classNames,
  padding: 4,
});
const { before, after } = rows[0]!;
const read = `Before: ${before.name}, ${percent(before.confidence)}. After: ${after.name}, ${percent(after.confidence)}.`;
const cell = { picture: await pngPicture(picture, { name: 'photograph', alt: read }), note: read };
await writeReport(join(workspaceRoot(), 'report/photograph'), {
  title: 'A change nobody sees',
  intro: [],
  chapters: [
    {
      id: 'photograph',
      title: read,
      intro: [],
      figures: [{ kind: 'pictures', caption: read, rows: [{ cells: [cell] }] }],
    },
  ],
});
console.log(read);
