import { adam, fourier, logit, maximizeActivation, pixels, robustness } from '@cnnviz/actmax';
import * as tf from '@tensorflow/tfjs-core';
import { type Numbers, readNumbers } from './exchange.ts';
import { inTurns, timed } from './in-turns.ts';
import { type Peer, startPeer } from './peer.ts';
import { ourMemory, type Setting } from './row.ts';
import { disposeSubject, photographSubject, type Subject } from './subjects.ts';

/** The aim on the native library and on wasm: times what lucent takes. */
const AIMS: Record<string, number> = { tensorflow: 1.2, wasm: 3 };
const STEPS = 20;
/** Flamingo, sports car, daisy, monarch, golden retriever, tabby, zebra and racing car. */
const CLASSES = [130, 817, 985, 323, 207, 281, 340, 751];

type Method = 'pixels' | 'fourier';

/** What classes of SqueezeNet want to see, beside lucent with the same parameterizations, transforms and optimizer. */
export async function compareAscents(setting: Setting): Promise<void> {
  const { data } = setting;
  if (data === undefined) return setting.skip('ascents', 'CNNVIZ_DATA is not set');
  const peer = await startPeer('lucent_ascents.py');
  if ('missing' in peer) return setting.skip('ascents against lucent', peer.missing);
  const subject = await photographSubject(setting, data, 1);
  try {
    const { folder, logits } = subject.exported;
    await peer.ask('prepare', { network: folder, logits });
    for (const count of setting.quick ? [4] : [1, 4, 8]) {
      for (const method of ['pixels', 'fourier'] as const) {
        if (method === 'fourier' || count === 4) await compare(setting, subject, peer, method, CLASSES.slice(0, count));
      }
    }
  } finally {
    peer.stop();
    disposeSubject(subject);
  }
}

async function compare(
  setting: Setting,
  subject: Subject,
  peer: Peer,
  method: Method,
  classes: number[],
): Promise<void> {
  const { classifier, bounds, inputShape } = subject.network;
  const [size] = inputShape;
  const request = { classes, steps: STEPS, size, method, seed: 0, out: `${subject.exported.folder}/maximized.bin` };
  let ours: Float32Array | undefined;
  let theirs: Numbers | undefined;
  let peerBytes = 0;
  const ascent =
    method === 'pixels'
      ? { parameterization: pixels({ shape: inputShape, bounds }) }
      : { parameterization: fourier({ shape: inputShape, bounds }), transforms: robustness() };
  const runOurs = () =>
    timed(async () => {
      const { images, last } = await maximizeActivation({
        objective: logit(classifier, classes),
        optimizer: adam({ learningRate: 0.05 }),
        steps: STEPS,
        seed: 0,
        // A class that gray does not wake stays gray in both.
        rejectZeroGradient: false,
        ...ascent,
      });
      ours = (await last.images.data()) as Float32Array;
      tf.dispose([images, last.images]);
    });
  const pairs = await inTurns(setting.rounds, runOurs, async () => {
    const { result, residentBytes, ...timing } = await peer.ask<Numbers>('maximize', request);
    theirs = result;
    peerBytes = residentBytes;
    return timing;
  });
  const floor = await inTurns(setting.rounds, runOurs, () => timed(() => gradients(subject, classes, ours!)));
  const shape: tf.Tensor4D['shape'] = [classes.length, ...inputShape];
  const means = [
    await meanLogit(subject, classes, ours!, shape),
    await meanLogit(subject, classes, (await readNumbers(theirs!)) as Float32Array, shape),
  ];
  const name = method === 'pixels' ? 'plain pixels' : 'Fourier with robustness';
  setting.emit({
    what: `Ascent of ${STEPS} steps, ${name}: SqueezeNet, ${classes.length} at once`,
    backend: setting.backend,
    peer: peer.version,
    pairs,
    handled: { ours: STEPS * classes.length, theirs: STEPS * classes.length, unit: 'steps of an image' },
    overFloor: floor.ratio,
    memory: { ours: ourMemory(), theirs: peerBytes },
    equal: `other random numbers; mean logit ${means.map((mean) => mean.toFixed(1)).join(' and ')}`,
    ...(AIMS[setting.backend] !== undefined && { aim: AIMS[setting.backend]! }),
  });
}

/** As many as an ascent needs, at images like those that it ends with: what max-pooling costs depends on them. */
async function gradients({ network }: Subject, classes: number[], values: Float32Array): Promise<void> {
  const images = tf.tensor4d(values, [classes.length, ...network.inputShape]);
  const oneHot = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), 1000), 'float32'));
  const gradient = tf.grad((images) => tf.sum(tf.mul(network.classifier(images as tf.Tensor4D), oneHot)));
  for (let step = 0; step < STEPS; step++) {
    const bare = gradient(images);
    await bare.data();
    bare.dispose();
  }
  tf.dispose([images, oneHot]);
}

async function meanLogit(
  { network }: Subject,
  classes: number[],
  values: Float32Array,
  shape: tf.Tensor4D['shape'],
): Promise<number> {
  const logits = tf.tidy(() => network.classifier(tf.tensor4d(values, shape)));
  const rows = (await logits.array()) as number[][];
  logits.dispose();
  return classes.reduce((sum, label, image) => sum + rows[image]![label]!, 0) / classes.length;
}
