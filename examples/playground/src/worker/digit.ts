import {
  type AttackProgress,
  amplifyPerturbation,
  carliniWagner,
  type DecisionLegendEntry,
  type DecisionMapProgress,
  decisionMap,
  decisionPicture,
  deepFool,
  fgsm,
  minimalFgsm,
  pgd,
} from '@cnnviz/adversarial';
import * as tf from '@tensorflow/tfjs-core';
import { job, quick, type Work } from './jobs.ts';
import { type DigitNetwork, digitNetwork } from './networks.ts';
import { type Picture, pictureOf } from './picture.ts';
import { smallestPgd } from './smallest-pgd.ts';

/** Attacks whose strength is chosen: no pixel is changed by more than epsilon. */
export type EpsilonAttack = 'fgsm' | 'pgd';
export type Attack = EpsilonAttack | 'deepFool' | 'carliniWagner';

/** Beyond half of the range of a pixel a gray image fools everything. */
const maxEpsilon = 0.5;

/** What the network takes a digit for. */
export interface Answer {
  /** Of each class, from 0 to 1. */
  probabilities: number[];
  classes: string[];
  /** The most likely class. */
  label: number;
}

/** A digit after an attack. */
export interface Attacked {
  isFooled: boolean;
  before: Answer;
  after: Answer;
  image: Picture;
  /** What was added; mid gray is nothing. */
  perturbation: Picture;
  /** How many times as strong the perturbation is shown. */
  amplification: number;
  /** The largest change of a pixel, from 0 to 1. */
  largest: number;
  /** The Euclidean length of the change. */
  length: number;
}

export interface Decisions {
  picture: Picture;
  legend: DecisionLegendEntry[];
  /** What the digit is taken for. */
  name: string;
  /** To the nearest point of another class on the map, Euclidean. */
  distance: number | null;
}

/** 28 x 28, 0 to 1. */
type Pixels = Float32Array<ArrayBuffer>;

/** Work of the chapter of the drawn digit. */
export const digit = {
  predict: quick(async ({ pixels }: { pixels: Pixels }): Promise<Answer> => {
    const network = await digitNetwork();
    return withImage(pixels, (image) => answer(network, image));
  }),

  /** An attack of the strength `epsilon`. */
  attack: quick(async (options: { pixels: Pixels; attack: EpsilonAttack; epsilon: number }): Promise<Attacked> => {
    const network = await digitNetwork();
    const { classify, bounds } = network;
    const { epsilon } = options;
    return withImage(options.pixels, async (image) => {
      const before = await answer(network, image);
      return withLabel(before.label, async (label) => {
        const attacked =
          options.attack === 'fgsm'
            ? fgsm(classify, image, label, { epsilon, bounds })
            : (await pgd(classify, image, label, { epsilon, bounds, steps: 20, randomStart: false })).images;
        return show(network, image, before, attacked);
      });
    });
  }),

  /** The smallest change that an attack finds; undefined if it finds none. */
  smallest: job(
    async (options: { pixels: Pixels; attack: Attack }, work: Work<AttackProgress>): Promise<Attacked | undefined> => {
      const network = await digitNetwork();
      return withImage(options.pixels, async (image) => {
        const before = await answer(network, image);
        return withLabel(before.label, async (label) => {
          const attacked = await smallest[options.attack](network, image, label, work);
          return attacked && show(network, image, before, attacked);
        });
      });
    },
  ),

  /** The classes on a plane through the digit. */
  decisions: job(
    async (options: { pixels: Pixels; extent: number }, work: Work<DecisionMapProgress>): Promise<Decisions> => {
      const { classify, bounds, classes } = await digitNetwork();
      return withImage(options.pixels, async (image) => {
        const { extent } = options;
        const map = await decisionMap(classify, image, {
          bounds,
          extent,
          resolution: 41,
          seed: 0,
          clip: true,
          ...work,
        });
        // Of a digit on black nearly every point is clipped: to mark them would tell nothing.
        const inside = map.inside.map(() => true);
        const { picture, legend } = decisionPicture({ ...map, inside }, { factor: 8, classNames: classes });
        try {
          const { label, distance } = map.sample;
          return { picture: await pictureOf(picture), legend, name: classes[label]!, distance };
        } finally {
          picture.dispose();
        }
      });
    },
  ),
};

type FindSmallest = (
  network: DigitNetwork,
  image: tf.Tensor4D,
  label: tf.Tensor1D,
  work: Work<AttackProgress>,
) => Promise<tf.Tensor4D | undefined>;

const smallest: Record<Attack, FindSmallest> = {
  async fgsm({ classify, bounds }, image, label, work) {
    return ifFooled(await minimalFgsm(classify, image, label, { bounds, maxEpsilon, ...work }));
  },
  async pgd({ classify, bounds }, image, label, work) {
    const found = await smallestPgd(classify, image, label, { bounds, maxEpsilon, steps: 20 }, work);
    return found?.image;
  },
  async deepFool({ classify, bounds }, image, label, work) {
    return ifFooled(await deepFool(classify, image, label, { bounds, ...work }));
  },
  async carliniWagner({ classify, bounds }, image, label, work) {
    // Enough for a digit: five constants from 0.1 on, a hundred larger steps each.
    const settings = { binarySearchSteps: 5, initialConstant: 0.1, steps: 100, stepSize: 0.05 };
    return ifFooled(await carliniWagner(classify, image, label, { bounds, ...settings, ...work }));
  },
};

function ifFooled({ images, fooled }: { images: tf.Tensor4D; fooled: boolean[] }): tf.Tensor4D | undefined {
  if (fooled[0]) return images;
  images.dispose();
  return undefined;
}

/** @param attacked Is disposed. */
async function show(
  network: DigitNetwork,
  image: tf.Tensor4D,
  before: Answer,
  attacked: tf.Tensor4D,
): Promise<Attacked> {
  try {
    return await compare(network, image, before, attacked);
  } finally {
    attacked.dispose();
  }
}

async function compare(
  network: DigitNetwork,
  image: tf.Tensor4D,
  before: Answer,
  attacked: tf.Tensor4D,
): Promise<Attacked> {
  const changes = await amplifyPerturbation(image, attacked, { bounds: network.bounds });
  const shown = tf.tidy(() => ({
    image: tf.squeeze<tf.Tensor3D>(attacked, [0]),
    perturbation: tf.squeeze<tf.Tensor3D>(changes.pictures, [0]),
    length: tf.norm(tf.sub(attacked, image)),
  }));
  try {
    const after = await answer(network, attacked);
    return {
      isFooled: after.label !== before.label,
      before,
      after,
      image: await pictureOf(shown.image),
      perturbation: await pictureOf(shown.perturbation),
      amplification: changes.amplification,
      largest: changes.largest[0]!,
      length: (await shown.length.data())[0]!,
    };
  } finally {
    tf.dispose([changes.pictures, shown]);
  }
}

async function answer({ classify, classes }: DigitNetwork, image: tf.Tensor4D): Promise<Answer> {
  const tensor = tf.tidy(() => tf.softmax(classify(image)));
  try {
    const probabilities = [...(await tensor.data())];
    return { probabilities, classes, label: probabilities.indexOf(Math.max(...probabilities)) };
  } finally {
    tensor.dispose();
  }
}

async function withImage<R>(pixels: Pixels, use: (image: tf.Tensor4D) => Promise<R>): Promise<R> {
  const image = tf.tensor4d(pixels, [1, 28, 28, 1]);
  try {
    return await use(image);
  } finally {
    image.dispose();
  }
}

async function withLabel<R>(label: number, use: (label: tf.Tensor1D) => Promise<R>): Promise<R> {
  const tensor = tf.tensor1d([label], 'int32');
  try {
    return await use(tensor);
  } finally {
    tensor.dispose();
  }
}
