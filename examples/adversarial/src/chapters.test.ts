import { linearClassifier, useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { accuracyChapter } from './accuracy-chapter.ts';
import { accuracyUnderAttack } from './accuracy-under-attack.ts';
import { decisionChapter } from './decision-chapter.ts';
import { stripChapter } from './strip-chapter.ts';
import type { Subject } from './subject.ts';

useBackend('cpu');

const MARGINS = [0.2, 0.6, 1];
const DIRECTION = [1, 1, 1, -1];

/** Class 1 where the pixels lean to `DIRECTION`; an image of margin m becomes class 0 at epsilon m / 4. */
function linearSubject(): Subject {
  const pixels = MARGINS.flatMap((margin) => DIRECTION.map((weight) => 0.5 + (weight * margin) / 4));
  return {
    id: 'digits',
    network: 'a linear classifier',
    model: linearClassifier([[0, 0, 0, 0], DIRECTION], [0, -1]),
    images: tf.tensor4d(pixels, [3, 2, 2, 1]),
    labels: tf.tensor1d([1, 1, 1], 'int32'),
    bounds: [0, 1],
    classNames: ['dark', 'light'],
    epsilons: [0, 0.1, 0.2],
    shownEpsilon: 0.2,
    extent: 1,
    factor: 2,
    dispose: () => {},
  };
}

const free = ({ images, labels }: Subject) => tf.dispose([images, labels]);

describe('accuracyUnderAttack', () => {
  it('finds, one way or the other, the images whose margin is small enough', async () => {
    const subject = linearSubject();
    const before = tf.memory().numTensors;
    const done: number[] = [];
    const measured = await accuracyUnderAttack(subject, {
      batchSize: 2,
      pgdSteps: 10,
      attacks: ['apgd-ce'],
      seed: 0,
      update: (epsilons) => void done.push(epsilons),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.filter(Number.isInteger)).toEqual(expect.arrayContaining([1, 2, 3]));
    expect(done.at(-1)).toBe(3);
    for (const [index, share] of [1, 2 / 3, 1 / 3].entries()) {
      const { fgsm, pgd, robust } = measured[index]!;
      expect([fgsm, pgd, robust.accuracy]).toEqual([share, share, share]);
    }
    const { figures } = accuracyChapter(subject, measured, 10);
    const table = figures.find((figure) => figure.kind === 'table');
    expect(table?.rows.map((row) => row.slice(0, 4))).toEqual([
      ['0', '100.0 %', '100.0 %', '100.0 %'],
      ['0.1', '66.6 %', '66.6 %', '66.6 %'],
      ['0.2', '33.3 %', '33.3 %', '33.3 %'],
    ]);
    free(subject);
  });
});

describe('stripChapter', () => {
  it('says so if no image is classified correctly', async () => {
    const subject = { ...linearSubject(), labels: tf.tensor1d([0, 0, 0], 'int32') };
    await expect(stripChapter(subject, 0)).rejects.toThrow('classifies none of the 3 images correctly');
    free(subject);
  });

  it('shows a strip after one step and one after ten, and says what each image became', async () => {
    const subject = linearSubject();
    const before = tf.memory().numTensors;
    const { chapter, rows } = await stripChapter(subject, 0);
    const { figures } = chapter;
    expect(rows.pgd.map(({ after }) => after.name)).toContain('dark');
    expect(tf.memory().numTensors).toBe(before);
    const tables = figures.filter((figure) => figure.kind === 'table');
    expect(tables).toHaveLength(2);
    for (const { rows } of tables) {
      expect(rows.map(([, , after]) => String(after).split(',')[0])).toEqual(['dark', 'dark', 'light']);
      for (const [, , , change] of rows) expect(Number(change)).toBeLessThanOrEqual(0.2);
    }
    free(subject);
  });
});

describe('decisionChapter', () => {
  it('draws its maps and keeps no tensor', async () => {
    const subject = linearSubject();
    const before = tf.memory().numTensors;
    const { figures } = await decisionChapter(subject, { resolution: 9, seed: 0, update: () => {} });
    expect(tf.memory().numTensors).toBe(before);
    expect(figures.length).toBeGreaterThan(0);
    expect(JSON.stringify(figures)).toContain('light');
    free(subject);
  });
});
