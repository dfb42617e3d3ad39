import {
  answerLater,
  constantClassifier,
  linearClassifier,
  linearClosedForm,
  startBackend,
  tinyCnn,
  useBackend,
} from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { cppnEncoding } from '../encodings/cppn-encoding.ts';
import { directEncoding } from '../encodings/direct-encoding.ts';
import type { ImageEncoding } from '../encodings/image-encoding.ts';
import {
  type EvolveFoolingImagesOptions,
  evolveFoolingImages,
  type FoolingEvolutionProgress,
} from './evolve-fooling-images.ts';

const shape = [8, 8, 1] as const;
const direct = directEncoding({ shape });
const cppn = cppnEncoding({ shape });
const base = { bounds: [-1, 1] as const, seed: 3, generations: 6, populationSize: 12, batchSize: 5 };

const encodings: [string, ImageEncoding<never>][] = [
  ['directEncoding', direct as ImageEncoding<never>],
  ['cppnEncoding', cppn as ImageEncoding<never>],
];

describe('evolveFoolingImages', () => {
  useBackend('cpu');

  it('finds the sign pattern that a linear classifier is most certain of', async () => {
    const pattern = Array.from({ length: 16 }, (_, pixel) => (pixel % 3 === 0 ? 1 : -1));
    const weights = [pattern, pattern.map((weight) => -weight)];
    const { elites } = await evolveFoolingImages(linearClassifier(weights, [0, 0]), {
      encoding: directEncoding({ shape: [4, 4, 1] }),
      bounds: [-0.25, 0.25],
      populationSize: 50,
      generations: 150,
      seed: 1,
    });
    // The best image is 0.25 times the pattern: logits ±4.
    const best = linearClosedForm(weights, [0, 0]).probabilities(pattern.map((weight) => weight / 4))[0]!;
    for (const { objective } of elites) {
      expect(objective).toBeLessThanOrEqual(best + 1e-6);
      expect(objective).toBeGreaterThan(best - 0.001);
    }
  });

  it.each(encodings)('holds, with %s, what the model says of its images', async (_, encoding) => {
    const model = tinyCnn();
    const { elites, history } = await evolveFoolingImages(model, { ...base, encoding });
    const images = encoding.render(elites.map(({ genome }) => genome));
    const probabilities = tf.softmax(model(tf.sub(tf.mul(images, 2), 1)));
    const values = await probabilities.array();
    tf.dispose([images, probabilities]);
    expect(elites.map(({ cell }) => cell)).toEqual([0, 1, 2]);
    for (const { cell, objective } of elites) expect(objective).toBeCloseTo(values[cell]![cell]!, 5);
    expect(history.map(({ generation }) => generation)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const [index, { mean }] of history.entries()) {
      if (index > 0) expect(mean).toBeGreaterThanOrEqual(history[index - 1]!.mean);
    }
  });

  it.each(encodings)('resumes, with %s, bit for bit as if it had not stopped', async (_, encoding) => {
    const run = (options: Partial<EvolveFoolingImagesOptions<never>> = {}) =>
      evolveFoolingImages(tinyCnn(), { ...base, encoding, lineage: 3, ...options });
    const unbroken = await run();
    const first = await run({ generations: 2 });
    const second = await run({ resume: JSON.parse(JSON.stringify(first.state)) });
    expect(second.elites).toEqual(unbroken.elites);
    expect(second.state).toEqual(unbroken.state);
    expect([...first.history, ...second.history]).toEqual(unbroken.history);

    const controller = new AbortController();
    let last: FoolingEvolutionProgress<never> | undefined;
    const onProgress = (progress: FoolingEvolutionProgress<never>) => {
      last = progress;
      if (progress.generation === 3) controller.abort(new Error('enough'));
    };
    await expect(run({ signal: controller.signal, onProgress })).rejects.toThrow('enough');
    expect((await run({ resume: JSON.parse(JSON.stringify(last!.state())) })).state).toEqual(unbroken.state);
  });

  it.each(encodings)('resumes, with %s, after a model that answers later has not', async (_, encoding) => {
    const unbroken = await evolveFoolingImages(tinyCnn(), { ...base, encoding });
    let saved: string | undefined;
    const onProgress = ({ state }: FoolingEvolutionProgress<never>) => {
      saved = JSON.stringify(state());
    };
    // One call for the classes, three a generation.
    const down = answerLater(tinyCnn(), { failsAt: 9 });
    await expect(evolveFoolingImages(down, { ...base, encoding, onProgress })).rejects.toThrow('no answer to call 9');
    const { state, elites } = await evolveFoolingImages(answerLater(tinyCnn()), {
      ...base,
      encoding,
      resume: JSON.parse(saved!),
    });
    expect(state).toEqual(unbroken.state);
    expect(elites).toEqual(unbroken.elites);
  });

  it.each(encodings)('gives the same archive, with %s, on cpu and wasm', async (_, encoding) => {
    const archives = [];
    for (const backend of ['cpu', 'wasm'] as const) {
      await startBackend(backend);
      const { elites } = await evolveFoolingImages(tinyCnn(), { ...base, encoding });
      archives.push(elites);
    }
    await startBackend('cpu');
    const [onCpu, onWasm] = archives;
    for (const [index, elite] of onCpu!.entries()) {
      expect(onWasm![index]!.genome).toEqual(elite.genome);
      expect(onWasm![index]!.objective).toBeCloseTo(elite.objective, 5);
    }
  });

  it('does not depend on how many images go through the model at once', async () => {
    const run = (batchSize: number) => evolveFoolingImages(tinyCnn(), { ...base, encoding: cppn, batchSize });
    const [one, many] = [await run(1), await run(50)];
    expect(one.elites.map(({ genome }) => genome)).toEqual(many.elites.map(({ genome }) => genome));
  });

  it('stops at the wanted confidence, at once where the state has reached it', async () => {
    const options = { ...base, encoding: directEncoding({ shape: [2, 2, 1] }), generations: 500, stopAt: 0.9 };
    const model = linearClassifier(
      [
        [1, 1, -1, -1],
        [-1, -1, 1, 1],
      ],
      [0, 0],
    );
    const { stoppedBy, elites, history, state } = await evolveFoolingImages(model, options);
    expect(stoppedBy).toBe('stopAt');
    expect(history.length).toBeLessThan(500);
    for (const { objective } of elites) expect(objective).toBeGreaterThanOrEqual(0.9);
    expect((await evolveFoolingImages(model, { ...options, resume: state })).history).toEqual([]);
  });

  it("leaves classes empty that nothing is taken for where the competition is 'argmax'", async () => {
    const { elites, history } = await evolveFoolingImages(constantClassifier([0, 2, 1]), {
      ...base,
      encoding: direct,
      competition: 'argmax',
    });
    expect(elites.map(({ cell }) => cell)).toEqual([1]);
    expect(history.at(-1)!.coverage).toBeCloseTo(1 / 3, 12);
  });

  it('shows the archive on the way, and its memory does not grow', async () => {
    const counts: number[] = [];
    await evolveFoolingImages(tinyCnn(), {
      ...base,
      encoding: cppn,
      onProgress: ({ picture }) => {
        const { picture: shown, labels } = picture({ columns: 3, factor: 2 });
        expect(shown.shape).toEqual([16, 56, 3]);
        expect(labels.map(({ cell }) => cell)).toEqual([0, 1, 2]);
        shown.dispose();
        counts.push(tf.memory().numTensors);
      },
    });
    expect(new Set(counts).size).toBe(1);
  });

  it('refuses a state of another encoding or number of classes, and a model that gives no logits', async () => {
    const { state } = await evolveFoolingImages(tinyCnn(), { ...base, encoding: direct });
    const other = evolveFoolingImages(tinyCnn(), { ...base, encoding: cppn, resume: state });
    await expect(other).rejects.toThrow(
      'its genomes are pixels(8 x 8 x 1), but those of the encoding are cppn(8 x 8 x 1',
    );
    const more = evolveFoolingImages(tinyCnn({ classes: 4 }), { ...base, encoding: direct, resume: state });
    await expect(more).rejects.toThrow('its archive is classes(3, all), but the option is classes(4, all)');
    const flat = (images: tf.Tensor4D) => tf.mean(images, [1, 2, 3]) as unknown as tf.Tensor2D;
    const wrong = evolveFoolingImages(flat, { ...base, encoding: direct });
    await expect(wrong).rejects.toThrow('model must be a function to logits [n, classes]');
  });

  it('refuses a model with one output, whose softmax is 1 for every image', async () => {
    const single = (images: tf.Tensor4D) => tf.mean(images, [1, 2]) as tf.Tensor2D;
    await expect(evolveFoolingImages(single, { ...base, encoding: direct })).rejects.toThrow(
      '@cnnviz/genetic: evolveFoolingImages: model must give logits of two or more classes, got 1',
    );
    const before = tf.memory().numTensors;
    // As the error says: the second class is what the sigmoid gave.
    const two = (images: tf.Tensor4D) => {
      const x = single(images);
      return tf.concat([tf.zerosLike(x), x], 1) as tf.Tensor2D;
    };
    const { elites } = await evolveFoolingImages(two, { ...base, encoding: direct });
    expect(elites.map(({ cell }) => cell)).toEqual([0, 1]);
    for (const { objective } of elites) expect(objective).toBeLessThan(0.75);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves alone what the model keeps, and what it was given', async () => {
    const kept = tf.tidy(() => tf.keep(tf.tensor2d([[0, 2]])));
    const flat = (images: tf.Tensor4D) => tf.reshape(images, [images.shape[0], -1]) as tf.Tensor2D;
    const before = tf.memory().numTensors;
    await evolveFoolingImages(() => kept, { ...base, encoding: direct, batchSize: 1 });
    await evolveFoolingImages(flat, { ...base, encoding: direct, generations: 1 });
    expect([...(await kept.data())]).toEqual([0, 2]);
    expect(tf.memory().numTensors).toBe(before);
    kept.dispose();
  });

  it.each([
    ['nothing', () => undefined, 'a function to logits [n, classes], got undefined'],
    ['a list', () => [[1, 2]], 'a function to logits [n, classes], got [[1, 2]]'],
    ['a promise of nothing', async () => undefined, 'a function to logits [n, classes], got undefined'],
    ['one row for all', () => tf.zeros([1, 3]), 'a function to logits [n, classes], got float32 tensor [1, 3]'],
  ])('says what a model gave that gives %s, and leaves nothing', async (_, model, message) => {
    const before = tf.memory().numTensors;
    await expect(evolveFoolingImages(model as never, { ...base, encoding: direct })).rejects.toThrow(
      `evolveFoolingImages: model must be ${message}`,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says what an encoding rendered that is no images of the genomes', async () => {
    const rendering = (render: () => unknown) => ({ ...direct, render }) as ImageEncoding<Float32Array>;
    const two = constantClassifier([0, 1]);
    const evolving = (render: () => unknown) => evolveFoolingImages(two, { ...base, encoding: rendering(render) });
    const before = tf.memory().numTensors;
    await expect(evolving(() => undefined)).rejects.toThrow(
      'what encoding.render returns must be a float32 tensor [n, h, w, c], got undefined',
    );
    await expect(evolving(() => tf.zeros([1, 8, 8, 1]))).rejects.toThrow(
      'what encoding.render returns must be 5 images, got float32 tensor [1, 8, 8, 1]',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('resumes within the same bounds only', async () => {
    const { state } = await evolveFoolingImages(tinyCnn(), { ...base, encoding: direct, generations: 1 });
    const wider = { ...base, encoding: direct, bounds: [-2, 2] as const, resume: state };
    await expect(evolveFoolingImages(tinyCnn(), wider)).rejects.toThrow(
      'it was saved with archive.bounds [-1, 1], but the option is [-2, 2]',
    );
  });
});
