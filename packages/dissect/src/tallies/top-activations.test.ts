import { createRandom } from '@cnnviz/internal';
import { answerLater, useBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { mergeTopActivations, topActivations } from './top-activations.ts';
import type { TopActivation, TopActivations, TopActivationsState } from './top-activations-tally.ts';

useBackend('cpu');

/** Its own channels as units. */
const identity = (images: Tensor4D) => tf.clone(images);

const [count, height, width, units] = [23, 3, 4, 5];

/** Whole numbers from 0 to 9, so that there are many ties. */
const values = Array.from({ length: count * height * width * units }, createDraws(0));

function createDraws(seed: number): () => number {
  const random = createRandom(seed);
  return () => random.integer(10);
}

/** The images from `start` to before `end`, in batches of `size`. */
function batches(size: number, start = 0, end = count): Iterable<Tensor4D> {
  return {
    *[Symbol.iterator]() {
      const each = height * width * units;
      for (let first = start; first < end; first += size) {
        const last = Math.min(end, first + size);
        const batch = tf.tensor4d(values.slice(first * each, last * each), [last - first, height, width, units]);
        try {
          yield batch;
        } finally {
          tf.dispose(batch);
        }
      }
    },
  };
}

/** By sorting everything. */
function slowTop(perUnit: number): TopActivation[][] {
  return Array.from({ length: units }, (_, unit) => {
    const strongest = Array.from({ length: count }, (_, image) => {
      const positions = Array.from({ length: height * width }, (_, position) => ({
        image,
        row: Math.floor(position / width),
        column: position % width,
        activation: values[(image * height * width + position) * units + unit]!,
      }));
      return positions.sort((a, b) => b.activation - a.activation || a.row - b.row || a.column - b.column)[0]!;
    });
    return strongest.sort((a, b) => b.activation - a.activation || a.image - b.image).slice(0, perUnit);
  });
}

describe('topActivations', () => {
  test('finds what sorting everything finds, ties included', async () => {
    const top = await topActivations(identity, batches(4), { perUnit: 6 });
    expect(top).toEqual({ perUnit: 6, images: count, units: slowTop(6) });
  });

  test('gives the same whatever the batches, and through JSON', async () => {
    const whole = await topActivations(identity, batches(count));
    expect(await topActivations(identity, batches(1))).toEqual(whole);
    expect(await topActivations(identity, batches(7))).toEqual(whole);
    expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
    expect(whole.units[0]).toHaveLength(10);
  });

  test('keeps fewer where there are fewer, and none of nothing', async () => {
    const top = await topActivations(identity, batches(2, 0, 3));
    expect(top.units.map((records) => records.length)).toEqual(Array(units).fill(3));
    expect(await topActivations(identity, [])).toEqual({ perUnit: 10, images: 0, units: [] });
  });

  test('resumes after an abort as if nothing had happened, also with other batches', async () => {
    const whole = await topActivations(identity, batches(4), { perUnit: 3 });
    const controller = new AbortController();
    let saved = '';
    const aborted = topActivations(identity, batches(4), {
      perUnit: 3,
      count,
      signal: controller.signal,
      onProgress: ({ done, total, state }) => {
        expect(total).toBe(count);
        saved = JSON.stringify(state());
        if (done === 12) controller.abort(new Error('enough'));
      },
    });
    await expect(aborted).rejects.toThrow('enough');
    const resume: TopActivationsState = JSON.parse(saved);
    expect(resume.images).toBe(12);
    let seen = 0;
    const counting = (images: Tensor4D) => {
      seen += images.shape[0];
      return tf.clone(images);
    };
    expect(await topActivations(counting, batches(5), { resume })).toEqual(whole);
    expect(seen).toBe(count - 12);
    expect(JSON.stringify(resume)).toBe(saved);
  });

  test('resumes after a probe that answers later has failed', async () => {
    const whole = await topActivations(identity, batches(4), { perUnit: 3 });
    let saved = '';
    const down = topActivations(answerLater(identity, { failsAt: 4 }), batches(4), {
      perUnit: 3,
      onProgress: ({ state }) => {
        saved = JSON.stringify(state());
      },
    });
    await expect(down).rejects.toThrow('no answer to call 4');
    const resume: TopActivationsState = JSON.parse(saved);
    expect(resume.images).toBe(12);
    expect(await topActivations(answerLater(identity), batches(5), { resume })).toEqual(whole);
  });

  test('leaves images alone that the probe gives back', async () => {
    const itself = (images: Tensor4D) => images;
    for (const batch of batches(count)) {
      const top = await topActivations(itself, [batch, batch]);
      expect(await topActivations(answerLater(itself), [batch, batch])).toEqual(top);
      expect(batch.isDisposed).toBe(false);
    }
  });

  test('merges parts in any order to the whole', async () => {
    const whole = await topActivations(identity, batches(4), { perUnit: 6 });
    const parts: TopActivations[] = [];
    for (const [start, end] of [
      [0, 5],
      [5, 6],
      [6, 17],
      [17, count],
    ] as const) {
      parts.push(await topActivations(identity, batches(3, start, end), { perUnit: 6, firstImage: start }));
    }
    parts.push(await topActivations(identity, [], { perUnit: 6 }));
    for (let seed = 0; seed < 5; seed++) {
      const order = createRandom(seed).permutation(parts.length);
      const [first, ...rest] = Array.from(order, (index) => parts[index]!);
      expect(rest.reduce(mergeTopActivations, first!)).toEqual(whole);
    }
    const [a, b, c] = parts as [TopActivations, TopActivations, TopActivations];
    expect(mergeTopActivations(a, mergeTopActivations(b, c))).toEqual(
      mergeTopActivations(mergeTopActivations(a, b), c),
    );
    expect(() => mergeTopActivations(a, { ...b, perUnit: 2 })).toThrow(
      '@cnnviz/dissect: mergeTopActivations: b must be a result with 6 images per unit, got 2',
    );
    expect(() => mergeTopActivations(a, { ...b, units: [] })).toThrow('b must be a result of 5 units, got 0');
    expect(() => mergeTopActivations(a, 'b' as never)).toThrow('b must be a result of topActivations, got "b"');
  });

  test('does not take a NaN for small, wherever it is', async () => {
    for (const place of [0, 7, 11]) {
      const image = tf.tensor4d(
        Array.from({ length: 12 }, (_, index) => (index === place ? Number.NaN : index)),
        [1, 3, 4, 1],
      );
      await expect(topActivations(identity, [image])).rejects.toThrow(
        'activations must be finite, got NaN from unit 0 on image 0',
      );
      tf.dispose(image);
    }
  });

  test('refuses a probe whose units change, and a record of other images', async () => {
    let units = 2;
    const growing = (images: Tensor4D) => tf.zeros([images.shape[0], 1, 1, units++]) as Tensor4D;
    await expect(topActivations(growing, batches(10))).rejects.toThrow('probe must keep its 2 units, got 3');
    const resume = {
      kind: 'TopActivationsTally',
      version: 1,
      ...(await topActivations(identity, batches(4))),
    } as const;
    await expect(topActivations(identity, batches(4, 0, 8), { resume })).rejects.toThrow(
      'resume must be a state of at most these 8 images, not of 23',
    );
  });

  test('frees the activations of a pass that fails', async () => {
    const before = tf.memory().numTensors;
    const broken = (images: Tensor4D) => tf.mul(images, Number.NaN) as Tensor4D;
    await expect(topActivations(broken, batches(4))).rejects.toThrow('must be finite');
    expect(tf.memory().numTensors).toBe(before);
  });
});
