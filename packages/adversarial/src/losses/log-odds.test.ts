import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logOdds, logOddsGradient } from './log-odds.ts';

async function logOddsOf(logits: number[][], labels: number[]) {
  const result = tf.tidy(() => {
    const [z, y] = [tf.tensor2d(logits), tf.tensor1d(labels, 'int32')];
    return { ...logOdds(z, y), gradient: logOddsGradient(z, y) };
  });
  const value = [...(await result.value.data())];
  const margin = [...(await result.margin.data())];
  const gradient = (await result.gradient.array()) as number[][];
  tf.dispose([result.value, result.margin, result.gradient]);
  return { value, margin, gradient };
}

/** log(p / (1 - p)), in float64 and term by term. */
function obviousLogOdds(logits: number[], label: number): number {
  const leads = logits.filter((_, other) => other !== label).map((logit) => logit - logits[label]!);
  const largest = Math.max(...leads);
  return -largest - Math.log(leads.reduce((sum, lead) => sum + Math.exp(lead - largest), 0));
}

const logit = fc.float({ min: -200, max: 200, noNaN: true });
const logitsAndLabel = fc
  .array(logit, { minLength: 2, maxLength: 6 })
  .chain((logits) => fc.tuple(fc.constant(logits), fc.nat(logits.length - 1)));

describeOnBackends(['cpu', 'wasm', 'tensorflow'], () => {
  describe('logOdds', () => {
    test('is log(p / (1 - p)) of the label', async () => {
      await fc.assert(
        fc.asyncProperty(logitsAndLabel, async ([logits, label]) => {
          const { value, margin } = await logOddsOf([logits], [label]);
          expect(value[0]).toBeCloseTo(obviousLogOdds(logits, label), 3);
          const others = logits.filter((_, other) => other !== label);
          expect(margin[0]).toBeCloseTo(logits[label]! - Math.max(...others), 3);
        }),
      );
    });

    test('has the gradient that finite differences have', async () => {
      await fc.assert(
        fc.asyncProperty(logitsAndLabel, async ([logits, label]) => {
          const { gradient } = await logOddsOf([logits], [label]);
          const step = 1e-4;
          for (let index = 0; index < logits.length; index++) {
            const moved = (by: number) => logits.map((value, other) => (other === index ? value + by : value));
            const difference = obviousLogOdds(moved(step), label) - obviousLogOdds(moved(-step), label);
            expect(gradient[0]![index]).toBeCloseTo(difference / (2 * step), 3);
          }
        }),
      );
    });

    test('keeps value and gradient where the probability is 1 or 0 in float32', async () => {
      const { value, gradient } = await logOddsOf(
        [
          [1000, 0, -1000],
          [1000, 0, -1000],
        ],
        [0, 2],
      );
      expect(value).toEqual([1000, -2000]);
      expect(gradient).toEqual([
        [1, -1, 0],
        [-1, 0, 1],
      ]);
    });

    test('counts a tied logit once', async () => {
      const { value, margin } = await logOddsOf([[2, 2, 2]], [1]);
      expect(value[0]).toBeCloseTo(-Math.log(2), 6);
      expect(margin).toEqual([0]);
    });

    test('is NaN for a label without a logit, and for that row alone', async () => {
      const { value, gradient } = await logOddsOf(
        [
          [1, 2],
          [1, 2],
          [1, 2],
        ],
        [2, 0, -1],
      );
      expect(value).toEqual([Number.NaN, -1, Number.NaN]);
      expect(gradient).toEqual([
        [Number.NaN, Number.NaN],
        [1, -1],
        [Number.NaN, Number.NaN],
      ]);
    });
  });
});
