import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { AccuracyAt } from './accuracy-under-attack.ts';
import { attackClaims } from './claims.ts';

useBackend('cpu');

const at = (epsilon: number, fgsm: number, pgd: number, robust: number) =>
  ({ epsilon, fgsm, pgd, robust: { accuracy: robust, interval: [0, 1] } }) as unknown as AccuracyAt;
const row = (name: string, confidence: number) => ({
  before: { name: 'giant panda', label: 0, confidence: 0.6 },
  after: { name, label: 1, confidence },
  largestChange: 0.007,
});

function agreements(measured: AccuracyAt[], fgsm: [string, number], pgd: [string, number]) {
  const images = tf.zeros([2, 1, 1, 3]) as tf.Tensor4D;
  const epsilons = measured.map(({ epsilon }) => epsilon);
  const subject = { network: 'net', images, epsilons };
  const claims = attackClaims(subject, measured, { fgsm: [row(...fgsm)], pgd: [row(...pgd)] });
  images.dispose();
  return claims.map(({ agrees }) => agrees);
}

describe('attackClaims', () => {
  it('agrees where attacks break a network', () => {
    const measured = [at(0, 0.9, 0.9, 0.9), at(0.1, 0.3, 0.1, 0)];
    expect(agreements(measured, ['gibbon', 0.99], ['gibbon', 1])).toEqual(['yes', 'yes', 'yes', 'yes']);
  });

  it('does not where they do not', () => {
    const measured = [at(0, 0.9, 0.95, 0.9), at(0.1, 0.9, 0.95, 0.9)];
    expect(agreements(measured, ['giant panda', 0.99], ['gibbon', 0.3])).toEqual(['no', 'no', 'no', 'no']);
  });
});
