import type { Cost } from '@cnnviz/example-support';
import type { LongWork } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { type AttackProgress, type AttackResult, criticalSamples, momentumPgd, pgd } from '../src/index.ts';
import { STEPS, type Subject } from './subjects.ts';

/** Times the bare work. */
const MOST = 1.1;
/** The same of LASS, which draws noise for each pixel in each step. */
const MOST_WITH_NOISE = 1.25;
/** Times the batch, beyond what one gradient takes. */
const MOST_MEMORY = 6;

type Attack = (subject: Subject, work: LongWork<AttackProgress>) => Promise<Pick<AttackResult, 'images'>>;

const epsilonOf = { linf: 8 / 255, l2: 1, l1: 10 };
const attacks: Record<string, Attack> = {
  ...Object.fromEntries(
    (['linf', 'l2', 'l1'] as const).map((norm): [string, Attack] => [
      `pgd ${norm}`,
      ({ model, images, labels, bounds, steps }, work) =>
        pgd(model, images, labels, { epsilon: epsilonOf[norm], bounds, norm, steps, seed: 0, ...work }),
    ]),
  ),
  momentumPgd: ({ model, images, labels, bounds, steps }, work) =>
    momentumPgd(model, images, labels, { epsilon: epsilonOf.linf, bounds, steps, ...work }),
  criticalSamples: ({ model, images, bounds, steps }, work) =>
    criticalSamples(model, images, {
      bounds,
      // So small that no image becomes critical and leaves the batch.
      radius: 1e-7 * (bounds[1] - bounds[0]),
      maxSteps: steps,
      seed: 0,
      // The last report is of a forward pass alone.
      onProgress: ({ done, critical }) =>
        done === steps ? undefined : work.onProgress?.({ done, total: steps, fooled: critical }),
    }),
};

/** What attacks cost in units of value and gradient of the bare model, which take turns with their steps. */
export async function attackCosts(subject: Subject, rounds: number): Promise<Cost[]> {
  const { name, images } = subject;
  const costs: Cost[] = [];
  for (let warmUp = 0; warmUp < 2; warmUp++) await valueAndGradient(subject);
  const { peakBytes: bareBytes } = await tf.profile(() => valueAndGradient(subject) as never);
  for (const [attack, run] of Object.entries(attacks)) {
    const atMost = attack === 'criticalSamples' ? MOST_WITH_NOISE : MOST;
    const { first, between, last, bare } = await timeInTurns(subject, run, rounds);
    const overBare = (k: number) => (first + (k - 1) * between + last) / (k * bare);
    costs.push({
      what: `${name}, ${attack}, ${STEPS} steps`,
      ratio: overBare(STEPS),
      bound: { atMost },
      detail: `the first step ${milliseconds(first)}, each after it ${milliseconds(between)}, the end ${milliseconds(last)}, value and gradient alone ${milliseconds(bare)}; ${overBare(10).toFixed(2)} for 10 steps`,
    });
    const { peakBytes } = await tf.profile((async () => tf.dispose((await run(subject, {})).images)) as never);
    costs.push({
      what: `${name}, ${attack}, memory beyond one gradient in batches`,
      ratio: (peakBytes - bareBytes) / (4 * images.size),
      bound: { atMost: MOST_MEMORY },
      detail: `${megabytes(peakBytes)}, value and gradient alone ${megabytes(bareBytes)}`,
    });
  }
  return costs;
}

/** Milliseconds of the parts of an attack, and of a value and gradient that is computed after each step. */
interface Times {
  /** The beginning with the first step. */
  first: number;
  /** A step after it. */
  between: number;
  last: number;
  bare: number;
}

/** Of each part the lower quartile, since what else the machine does can only add to it. */
async function timeInTurns(subject: Subject, run: Attack, rounds: number): Promise<Times> {
  const bare: number[] = [];
  const first: number[] = [];
  const between: number[] = [];
  const last: number[] = [];
  for (let round = 0; round < rounds; round++) {
    let step = 0;
    let since = performance.now();
    const onProgress = async () => {
      (step === 0 ? first : between).push(performance.now() - since);
      step++;
      bare.push(await valueAndGradient(subject));
      since = performance.now();
    };
    const { images } = await run(subject, { onProgress });
    last.push(performance.now() - since);
    tf.dispose(images);
  }
  return {
    first: lowerQuartile(first),
    between: lowerQuartile(between),
    last: lowerQuartile(last),
    bare: lowerQuartile(bare),
  };
}

/** @returns How many milliseconds it took. */
async function valueAndGradient({ model, images, labels }: Subject): Promise<number> {
  const start = performance.now();
  const { value, grad } = tf.valueAndGrad((input: tf.Tensor4D) => {
    const logits = model(input);
    const isLabel = tf.cast(tf.oneHot(labels, logits.shape[1]), 'float32');
    return tf.neg(tf.sum(tf.mul(isLabel, tf.logSoftmax(logits)))) as tf.Scalar;
  })(images);
  await value.data();
  tf.dispose([value, grad]);
  return performance.now() - start;
}

const lowerQuartile = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 2]!;
const milliseconds = (time: number) => `${time.toFixed(1)} ms`;
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
