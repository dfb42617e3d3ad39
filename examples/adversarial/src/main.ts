import type { RobustnessAttack } from '@cnnviz/adversarial';
import { type Chapter, type Claim, dataFolder, option, type Progress, runExample } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { accuracyChapter } from './accuracy-chapter.ts';
import { accuracyUnderAttack } from './accuracy-under-attack.ts';
import { attackClaims } from './claims.ts';
import { decisionChapter } from './decision-chapter.ts';
import { percent } from './percent.ts';
import { stripChapter } from './strip-chapter.ts';
import { digitsSubject, photographsSubject, type Subject } from './subject.ts';

await runExample({
  folder: 'report/adversarial',
  summary:
    'Attacks LeNet on handwritten digits and, where they are given, SqueezeNet on photographs, and writes a page of strips, accuracies and decision maps.',
  options: {
    models: option.path(
      'FOLDER',
      'holds squeezenet1.0-imagenet (default: models in the folder that CNNVIZ_DATA names)',
    ),
    photographs: option.path(
      'FOLDER',
      'files named by WordNet id, n02510455_giant_panda.jpg (default: imagenet-samples, likewise)',
    ),
    quick: option.flag('fewer images, coarser maps, and only Auto-PGD with cross-entropy for robust accuracy'),
    seed: option.seed(),
  },
  stages: (values) => (foldersOf(values) === undefined ? 3 : 5),
  async run({ quick, seed, ...values }, { progress }) {
    const folders = foldersOf(values);
    if (folders === undefined) {
      console.log('SqueezeNet is left out: neither --models with --photographs nor CNNVIZ_DATA is given');
    }
    const epochs = quick ? 1 : 3;
    const attacks: RobustnessAttack[] = quick ? ['apgd-ce'] : ['apgd-ce', 'apgd-t', 'square'];
    const digits = await progress.stage('learning digits', epochs * 8000, (update) =>
      digitsSubject({ count: quick ? 64 : 200, epochs, seed, update }),
    );
    const digitsExtent = { batchSize: 64, pgdSteps: quick ? 10 : 40, resolution: quick ? 31 : 61, attacks };
    const examined = [await examine(digits, digitsExtent, seed, progress)];
    if (folders !== undefined) {
      const photos = await photographsSubject({ ...folders, count: quick ? 8 : 64 });
      const photosExtent = { batchSize: 8, pgdSteps: 10, resolution: quick ? 11 : 31, attacks: attacks.slice(0, 1) };
      examined.push(await examine(photos, photosExtent, seed, progress));
    }
    return {
      page: {
        title: 'How easily networks are fooled',
        intro: ['Changes that nobody would notice, computed from the network itself, make it answer wrongly.'],
        chapters: examined.flatMap(({ chapters }) => chapters),
      },
      claims: examined.flatMap(({ claims }) => claims),
    };
  },
});

interface Extent {
  batchSize: number;
  pgdSteps: number;
  resolution: number;
  attacks: readonly RobustnessAttack[];
}

/** Attacks a network and frees it. */
async function examine(
  subject: Subject,
  extent: Extent,
  seed: number,
  progress: Progress,
): Promise<{ chapters: Chapter[]; claims: Claim[] }> {
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

/** `undefined` if one of them is unknown: then there is no SqueezeNet to attack. */
function foldersOf(values: { models: string | undefined; photographs: string | undefined }) {
  const models = values.models ?? dataFolder('models');
  const photographs = values.photographs ?? dataFolder('imagenet-samples');
  return models === undefined || photographs === undefined ? undefined : { models, photographs };
}
