import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RobustnessAttack } from '@cnnviz/adversarial';
import {
  type Chapter,
  type Claim,
  chooseBackend,
  type Progress,
  progressBars,
  workspaceRoot,
  writeClaims,
  writeReport,
} from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { accuracyChapter } from './accuracy-chapter.ts';
import { accuracyUnderAttack } from './accuracy-under-attack.ts';
import { attackClaims } from './claims.ts';
import { decisionChapter } from './decision-chapter.ts';
import { percent } from './percent.ts';
import { stripChapter } from './strip-chapter.ts';
import { digitsSubject, photographsSubject, type Subject } from './subject.ts';

const USAGE = `Attacks LeNet on handwritten digits and, where they are given, SqueezeNet on photographs, and writes a page of
strips, accuracies and decision maps.

  --models FOLDER       holds squeezenet1.0-imagenet (default: models in the folder that CNNVIZ_DATA names)
  --photographs FOLDER  files named by WordNet id, n02510455_giant_panda.jpg (default: imagenet-samples, likewise)
  --quick               fewer images, coarser maps, and only Auto-PGD with cross-entropy for robust accuracy
  --seed NUMBER         (default: 0)
  --out FOLDER          where the page goes (default: report/adversarial, at the root of the repository)
  --backend NAME        tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first that starts)
  --help`;

const { values } = parseArgs({
  options: {
    models: { type: 'string' },
    photographs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '0' },
    out: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

interface Extent {
  batchSize: number;
  pgdSteps: number;
  resolution: number;
  attacks: readonly RobustnessAttack[];
}

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const { quick } = values;
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`--seed must be a whole number >= 0, got ${seed}`);
  const from = process.env.INIT_CWD ?? '.';
  const data = process.env.CNNVIZ_DATA;
  const folderOf = (given: string | undefined, name: string) =>
    given === undefined ? data && join(data, name) : resolve(from, given);
  const [models, photographs] = [folderOf(values.models, 'models'), folderOf(values.photographs, 'imagenet-samples')];
  const withPhotographs = Boolean(models && photographs);
  if (!withPhotographs)
    console.log('SqueezeNet is left out: neither --models with --photographs nor CNNVIZ_DATA is given');

  const backend = await chooseBackend();
  const start = performance.now();
  const progress = progressBars({ stages: withPhotographs ? 5 : 3 });
  const epochs = quick ? 1 : 3;
  const attacks: RobustnessAttack[] = quick ? ['apgd-ce'] : ['apgd-ce', 'apgd-t', 'square'];
  const chapters: Chapter[] = [];
  const claims: Claim[] = [];
  const digits = await progress.stage('learning digits', epochs * 8000, (update) =>
    digitsSubject({ count: quick ? 64 : 200, epochs, seed, update }),
  );
  const digitsExtent = { batchSize: 64, pgdSteps: quick ? 10 : 40, resolution: quick ? 31 : 61, attacks };
  const onDigits = await examine(digits, digitsExtent, seed, progress);
  chapters.push(...onDigits.chapters);
  claims.push(...onDigits.claims);
  if (models && photographs) {
    const photos = await photographsSubject({ models, photographs, count: quick ? 8 : 64 });
    const photosExtent = { batchSize: 8, pgdSteps: 10, resolution: quick ? 11 : 31, attacks: attacks.slice(0, 1) };
    const onPhotographs = await examine(photos, photosExtent, seed, progress);
    chapters.push(...onPhotographs.chapters);
    claims.push(...onPhotographs.claims);
  }
  const seconds = (performance.now() - start) / 1000;
  const out = values.out === undefined ? resolve(workspaceRoot(), 'report/adversarial') : resolve(from, values.out);
  const page = await writeReport(out, {
    title: 'How easily networks are fooled',
    intro: ['Small changes that nobody would notice, chosen by the network itself.'],
    facts: [
      { label: 'backend', value: `${backend.name}, ${backend.detail}` },
      { label: 'seed', value: String(seed) },
      { label: 'time', value: `${seconds.toFixed(0)} s` },
    ],
    chapters,
  });
  await writeClaims(out, { claims, backend, seconds });
  console.log(`Everything took ${seconds.toFixed(0)} s. Open ${page}`);
}

/** Frees the subject. */
async function examine(subject: Subject, extent: Extent, seed: number, progress: Progress) {
  const { id, network, epsilons } = subject;
  try {
    const strips = await stripChapter(subject, seed);
    const measured = await progress.stage(`attacking ${network}`, epsilons.length, (update) =>
      accuracyUnderAttack(subject, { ...extent, seed, update }),
    );
    for (const { epsilon, fgsm, pgd, robust } of measured) {
      const shares = [fgsm, pgd, robust.accuracy].map(percent);
      console.log(`${id}, epsilon ${epsilon.toFixed(4)}: FGSM ${shares[0]}, PGD ${shares[1]}, robust ${shares[2]}`);
    }
    const decisions = await progress.stage(`mapping ${network}'s decisions`, 4, (update) =>
      decisionChapter(subject, { resolution: extent.resolution, seed, update }),
    );
    return {
      chapters: [strips.chapter, accuracyChapter(subject, measured, extent.pgdSteps), decisions],
      claims: attackClaims(subject, measured, strips.rows),
    };
  } finally {
    tf.dispose([subject.images, subject.labels]);
    subject.dispose();
  }
}
