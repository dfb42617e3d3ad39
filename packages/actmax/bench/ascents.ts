import type { Cost } from '@cnnviz/example-support';
import type { LongWork } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import {
  type AscentOptions,
  type AscentStep,
  adam,
  fourier,
  generator,
  logit,
  maximizeActivation,
  normalizedAscent,
  pixels,
  robustness,
} from '../src/index.ts';
import type { Subject } from './subjects.ts';

/** Of the run that is priced. */
const STEPS = 40;
/** Times the bare work. */
const MOST = 1.1;
/** The same of the Fourier parameterization with transforms, which are work beside the network. */
const MOST_WITH_TRANSFORMS = 1.25;

type Ascent = Pick<AscentOptions, 'parameterization' | 'optimizer' | 'transforms'>;

interface Measured {
  atMost: number;
  ascent: Ascent;
  /**
   * The variables of the bare work, those that the step had, and what becomes of them: what max-pooling takes, for one,
   * depends on the values.
   */
  bare: { variables: (step: AscentStep) => Promise<tf.Tensor>; logits: (variables: tf.Tensor) => tf.Tensor2D };
}

function measuredAscents({ model, bounds, shape, generator: decoder, codeLength }: Subject) {
  const bareModel: Measured['bare'] = {
    variables: async ({ images }) => images(),
    logits: (images) => model(images as tf.Tensor4D),
  };
  const codesOf = async ({ state }: AscentStep) => {
    const { variables, shape } = await state();
    return tf.tensor(variables, [...shape]);
  };
  // lucid's transforms are for 200 pixels; on digits they are as much smaller.
  const part = Math.min(1, shape[0] / 200);
  const jitter = [Math.round(8 * part), Math.round(4 * part)] as const;
  return {
    pixels: {
      atMost: MOST,
      ascent: { parameterization: pixels({ shape, bounds }), optimizer: adam() },
      bare: bareModel,
    },
    'fourier with robustness': {
      atMost: MOST_WITH_TRANSFORMS,
      ascent: {
        parameterization: fourier({ shape, bounds }),
        transforms: robustness({ pad: Math.round(12 * part), jitter }),
      },
      bare: bareModel,
    },
    generator: {
      atMost: MOST,
      ascent: {
        parameterization: generator(decoder, { codeLength, range: [0, 1], bounds }),
        optimizer: normalizedAscent({ initial: 0.1, final: 1e-10 }),
      },
      bare: { variables: codesOf, logits: (codes) => model(decoder(codes as tf.Tensor2D)) },
    },
  } satisfies Record<string, Measured>;
}

/** What ascents cost in units of value and gradient alone, which take turns with their steps. */
export async function ascentCosts(subject: Subject, rounds: number): Promise<Cost[]> {
  const { name, classes, model, timedSteps } = subject;
  const costs: Cost[] = [];
  for (const [what, { atMost, ascent, bare }] of Object.entries(measuredAscents(subject))) {
    const run: Run = (steps, work = {}) =>
      maximizeActivation({ ...(ascent as Ascent), objective: logit(model, classes), steps, seed: 0, ...work });
    await run(2).then(({ images, last }) => tf.dispose([images, last.images]));
    const { alone, step, ends } = await timeInTurns(
      (work) => run(timedSteps, work),
      (step) => valueAndGradient(bare, step, classes),
      rounds,
    );
    costs.push({
      what: `${name}, ${what}, ${STEPS} steps`,
      ratio: (STEPS * step + ends) / (STEPS * alone),
      bound: { atMost },
      detail: `a step ${(step / alone).toFixed(2)}, start and end together ${(ends / alone).toFixed(2)} times value and gradient alone (${alone.toFixed(0)} ms)`,
    });
  }
  return costs;
}

/** One batch of ten objectives beside ten runs of one. */
export async function batchCost({ name, model, bounds, shape }: Subject): Promise<Cost> {
  const steps = 10;
  const classes = Array.from({ length: 10 }, (_, label) => label);
  const parameterization = pixels({ shape, bounds });
  const timeOf = async (wanted: readonly number[]) => {
    const before = processorTime();
    const { images, last } = await maximizeActivation({
      objective: logit(model, wanted),
      parameterization,
      steps,
      seed: 0,
    });
    tf.dispose([images, last.images]);
    return processorTime() - before;
  };
  await timeOf([0]);
  const together = await timeOf(classes);
  let apart = 0;
  for (const label of classes) apart += await timeOf([label]);
  return {
    what: `${name.split(',')[0]}, ten objectives in one batch, beside a run for each`,
    ratio: together / apart,
    bound: { atMost: 1 },
    detail: `${together.toFixed(0)} ms and ${apart.toFixed(0)} ms for ${steps} steps`,
  };
}

type Run = (steps: number, work?: LongWork<AscentStep>) => ReturnType<typeof maximizeActivation>;

/**
 * Milliseconds of one value and gradient, which is computed after each step; of a step; and of what a run takes before
 * its steps and after them. Of each the lower quartile, since what else the machine does can only add to them.
 */
async function timeInTurns(
  run: (work: LongWork<AscentStep>) => ReturnType<Run>,
  bare: (step: AscentStep) => Promise<number>,
  rounds: number,
) {
  const alone: number[] = [];
  const first: number[] = [];
  const between: number[] = [];
  const last: number[] = [];
  for (let round = 0; round < rounds; round++) {
    let since = processorTime();
    const onProgress = async (step: AscentStep) => {
      (step.done === 1 ? first : between).push(processorTime() - since);
      alone.push(await bare(step));
      since = processorTime();
    };
    const { images, last: end } = await run({ onProgress });
    last.push(processorTime() - since);
    tf.dispose([images, end.images]);
  }
  const step = lowerQuartile(between);
  return { alone: lowerQuartile(alone), step, ends: lowerQuartile(first) - step + lowerQuartile(last) };
}

/** @returns How many milliseconds it took. */
async function valueAndGradient(
  { variables: variablesOf, logits }: Measured['bare'],
  step: AscentStep,
  classes: readonly number[],
): Promise<number> {
  const variables = await variablesOf(step);
  const start = processorTime();
  const { value, grad } = tf.valueAndGrad((input: tf.Tensor) => {
    const output = logits(input);
    const isWanted = tf.oneHot(tf.tensor1d([...classes], 'int32'), output.shape[1]);
    return tf.sum(tf.mul(output, tf.cast(isWanted, 'float32')));
  })(variables);
  await value.data();
  const took = processorTime() - start;
  tf.dispose([value, grad, variables]);
  return took;
}

const lowerQuartile = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 2]!;

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
