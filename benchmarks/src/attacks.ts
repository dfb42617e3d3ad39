import { type AttackResult, carliniWagner, deepFool, fgsm, pgd } from '@cnnviz/adversarial';
import * as tf from '@tensorflow/tfjs-core';
import { type Numbers, readNumbers } from './exchange.ts';
import { inTurns, timed } from './in-turns.ts';
import { type Peer, startPeer } from './peer.ts';
import { ourMemory, type Setting } from './row.ts';
import { digitSubject, disposeSubject, photographSubject, type Subject } from './subjects.ts';

/** The aim on the native library and on wasm: times what foolbox takes. */
const AIMS: Record<string, number> = { tensorflow: 1.2, wasm: 3 };

const libraries = ['foolbox', 'torchattacks', 'captum'] as const;

interface Attack {
  name: 'fgsm' | 'pgd' | 'deepFool' | 'carliniWagner';
  title: string;
  run: (subject: Subject) => Promise<AttackResult>;
  /** Of both where it has one. */
  epsilon: number | null;
  foolbox: Record<string, unknown>;
  torchattacks: Record<string, unknown>;
  /** Undefined where captum has no such attack. */
  captum?: Record<string, unknown>;
  /** How often one measurement runs it: one gradient is over too soon. */
  times: number;
  /** Gradients that every implementation needs, where that is known beforehand. */
  gradients?: number;
}

function attacksWith({ epsilon, pgdSteps, cwSteps }: { epsilon: number; pgdSteps: number; cwSteps: number }): Attack[] {
  const stepSize = epsilon / 8;
  const bounds = [0, 1] as const;
  return [
    {
      name: 'fgsm',
      title: 'FGSM, 10 times',
      times: 10,
      epsilon,
      run: ({ network, images, labels }) => fgsmAndPredictions(network.classifier, images, labels, epsilon),
      foolbox: {},
      torchattacks: { eps: epsilon },
      captum: {},
      gradients: 1,
    },
    {
      name: 'pgd',
      title: `PGD, ${pgdSteps} steps`,
      times: 1,
      epsilon,
      run: ({ network, images, labels }) =>
        pgd(network.classifier, images, labels, { epsilon, bounds, steps: pgdSteps, stepSize, randomStart: false }),
      foolbox: { steps: pgdSteps, abs_stepsize: stepSize, random_start: false },
      torchattacks: { eps: epsilon, alpha: stepSize, steps: pgdSteps, random_start: false },
      captum: { step_size: stepSize, step_num: pgdSteps },
      gradients: pgdSteps,
    },
    {
      name: 'deepFool',
      title: 'DeepFool, 10 candidates',
      times: 1,
      epsilon: null,
      run: ({ network, images, labels }) => deepFool(network.classifier, images, labels, { bounds }),
      foolbox: {},
      torchattacks: {},
    },
    {
      name: 'carliniWagner',
      title: `Carlini-Wagner, 3 constants, ${cwSteps} steps each at most`,
      times: 1,
      epsilon: null,
      run: ({ network, images, labels }) =>
        carliniWagner(network.classifier, images, labels, {
          bounds,
          binarySearchSteps: 3,
          initialConstant: 1,
          steps: cwSteps,
          stepSize: 0.05,
        }),
      foolbox: { binary_search_steps: 3, initial_const: 1, steps: cwSteps, stepsize: 0.05 },
      // It has one constant; three times the steps are the same number of gradients.
      torchattacks: { c: 1, steps: 3 * cwSteps, lr: 0.05 },
    },
  ];
}

/** FGSM, PGD, DeepFool and Carlini-Wagner beside foolbox, torchattacks and captum. */
export async function compareAttacks(setting: Setting): Promise<void> {
  const digits = attacksWith({ epsilon: 0.1, pgdSteps: 40, cwSteps: 100 });
  await beside(setting, () => digitSubject(setting, 64), digits);
  // What a call costs beside what an image costs.
  for (const count of setting.quick ? [] : [1, 16, 256]) {
    await beside(
      setting,
      () => digitSubject(setting, count),
      digits.filter(({ name }) => name === 'pgd'),
    );
  }
  const { data } = setting;
  if (data === undefined) setting.skip('attacks on SqueezeNet', 'CNNVIZ_DATA is not set');
  else {
    const photographs = attacksWith({ epsilon: 2 / 255, pgdSteps: 10, cwSteps: 10 });
    const wanted = setting.quick ? ['pgd'] : ['fgsm', 'pgd'];
    await beside(
      setting,
      () => photographSubject(setting, data, 8),
      photographs.filter(({ name }) => wanted.includes(name)),
    );
  }
}

async function beside(setting: Setting, load: () => Promise<Subject>, attacks: Attack[]): Promise<void> {
  const subject = await load();
  try {
    for (const library of libraries) {
      const peer = await startPeer(`${library}_attacks.py`);
      if ('missing' in peer) {
        setting.skip(`attacks against ${library}`, peer.missing);
        continue;
      }
      const { folder, logits, images, labels } = subject.exported;
      await peer.ask('prepare', { network: folder, logits, images, labels, bounds: [0, 1] });
      // Those of torchattacks take one image after the other and all classes: what foolbox does is the same work.
      for (const attack of attacks) {
        if (attack[library] !== undefined) await compare(setting, subject, attack, library, peer);
      }
      peer.stop();
    }
  } finally {
    disposeSubject(subject);
  }
}

async function compare(
  setting: Setting,
  subject: Subject,
  attack: Attack,
  library: (typeof libraries)[number],
  peer: Peer,
): Promise<void> {
  const { name, title, times, epsilon } = attack;
  const request = { name, times, epsilon, options: attack[library], out: `${subject.exported.folder}/adversarial.bin` };
  let ours: AttackResult | undefined;
  let theirs: { images: Numbers; fooled: boolean[] } | undefined;
  let peerBytes = 0;
  const runOurs = async () => {
    tf.dispose(ours?.images);
    const { result, ...timing } = await timed(() => runAgainAndAgain(attack, subject));
    ours = result;
    return timing;
  };
  const pairs = await inTurns(setting.rounds, runOurs, async () => {
    const { result, residentBytes, ...timing } = await peer.ask<NonNullable<typeof theirs>>('attack', request);
    theirs = result;
    peerBytes = residentBytes;
    return timing;
  });
  const count = subject.images.shape[0];
  const row = {
    what: `${title}: ${subject.name}`,
    backend: setting.backend,
    peer: peer.version,
    pairs,
    handled: { ours: times * count, theirs: times * count, unit: 'images' },
    equal: await equality(subject, ours!, theirs!),
    memory: { ours: ourMemory(), theirs: peerBytes },
    ...(library === 'foolbox' && AIMS[setting.backend] !== undefined && { aim: AIMS[setting.backend]! }),
  };
  tf.dispose(ours!.images);
  if (attack.gradients === undefined) setting.emit(row);
  else setting.emit({ ...row, overFloor: await overFloor(setting, subject, attack, attack.gradients) });
}

/** @returns What the last run found. */
async function runAgainAndAgain({ times, run }: Attack, subject: Subject): Promise<AttackResult> {
  for (let time = 1; ; time++) {
    const result = await run(subject);
    await result.images.data();
    if (time === times) return result;
    result.images.dispose();
  }
}

/** Our time over that of the gradients alone, in turns with them. */
async function overFloor({ rounds }: Setting, subject: Subject, attack: Attack, gradients: number): Promise<number> {
  const { network, images, labels } = subject;
  const oneHot = tf.cast(tf.oneHot(labels, network.classifier(images).shape[1]), 'float32');
  const gradient = tf.grad((points) =>
    tf.losses.softmaxCrossEntropy(oneHot, network.classifier(points as tf.Tensor4D)),
  );
  const pairs = await inTurns(
    rounds,
    () =>
      timed(async () => {
        const { images } = await runAgainAndAgain(attack, subject);
        images.dispose();
      }),
    () =>
      timed(async () => {
        for (let step = 0; step < attack.times * gradients; step++) {
          const bare = gradient(images);
          await bare.data();
          bare.dispose();
        }
      }),
  );
  oneHot.dispose();
  return pairs.ratio;
}

async function equality(
  { images }: Subject,
  ours: AttackResult,
  theirs: { images: Numbers; fooled: boolean[] },
): Promise<string> {
  const [from, mine, others] = await Promise.all([images.data(), ours.images.data(), readNumbers(theirs.images)]);
  let same = 0;
  for (let value = 0; value < mine.length; value++) if (Math.abs(mine[value]! - others[value]!) < 1e-4) same++;
  const count = images.shape[0];
  const lengths = (points: ArrayLike<number>) => {
    const size = from.length / count;
    let sum = 0;
    for (let image = 0; image < count; image++) {
      let squares = 0;
      for (let value = image * size; value < (image + 1) * size; value++)
        squares += (points[value]! - from[value]!) ** 2;
      sum += Math.sqrt(squares);
    }
    return (sum / count).toPrecision(3);
  };
  const fooled = (of: boolean[]) => of.filter(Boolean).length;
  return `fooled ${fooled(ours.fooled)} and ${fooled(theirs.fooled)} of ${count}, mean L2 ${lengths(mine)} and ${lengths(others)}, ${((100 * same) / mine.length).toFixed(1)} % of the pixels equal`;
}

async function fgsmAndPredictions(
  model: Subject['network']['classifier'],
  images: tf.Tensor4D,
  labels: tf.Tensor1D,
  epsilon: number,
): Promise<AttackResult> {
  const points = fgsm(model, images, labels, { epsilon, bounds: [0, 1] });
  const predicted = tf.tidy(() => tf.argMax(model(points), 1));
  const predictions = [...(await predicted.data())];
  predicted.dispose();
  const wanted = await labels.data();
  const fooled = predictions.map((label, image) => label !== wanted[image]);
  return { images: points, predictions, fooled, failed: [] };
}
