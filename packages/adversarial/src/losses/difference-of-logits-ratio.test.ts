import { describeOnBackends } from '@cnnviz/testing';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { differenceOfLogitsRatio } from './difference-of-logits-ratio.ts';

type PlainAim = 'leave' | 'reach' | number;

/** The definition, by sorting, in float64. */
function plainRatio(logits: readonly number[], label: number, aim: PlainAim): number {
  const sorted = [...logits].sort((a, b) => b - a) as [number, number, number, number];
  const rival = Math.max(...logits.filter((_, other) => other !== label));
  if (aim === 'leave') return (rival - logits[label]!) / (sorted[0] - sorted[2] + 1e-12);
  const ahead = aim === 'reach' ? logits[label]! - rival : logits[aim]! - logits[label]!;
  return ahead / (sorted[0] - (sorted[2] + sorted[3]) / 2 + 1e-12);
}

function plainGradient(logits: readonly number[], label: number, aim: PlainAim): number[] {
  const width = 1e-6;
  return logits.map((_, moved) => {
    const at = (shift: number) =>
      plainRatio(
        logits.map((logit, index) => (index === moved ? logit + shift : logit)),
        label,
        aim,
      );
    return (at(width) - at(-width)) / (2 * width);
  });
}

const rows = [
  [2, -1, 0.5, 3.25, -2],
  [-0.5, 4, 3.5, 1, 1.5],
  [100, -20, 70, 5, 6],
];

async function ratioOf(labels: number[], aim: PlainAim, logits: number[][] = rows) {
  const inputs = [tf.tensor2d(logits), tf.tensor1d(labels, 'int32')] as const;
  const towards = typeof aim === 'number' ? tf.fill([logits.length], aim, 'int32') : undefined;
  const { value, gradient } = differenceOfLogitsRatio(inputs[0], inputs[1], (towards as tf.Tensor1D) ?? aim);
  const result = { value: [...(await value.data())], gradient: (await gradient.array()) as number[][] };
  tf.dispose([...inputs, value, gradient, towards ?? []]);
  return result;
}

describeOnBackends(['cpu', 'wasm'], () => {
  describe('differenceOfLogitsRatio', () => {
    test('is the difference of the definition and its gradient, whatever the rank of the label', async () => {
      for (let label = 0; label < 5; label++) {
        for (const aim of ['leave', 'reach', (label + 1) % 5, (label + 3) % 5] as const) {
          const { value, gradient } = await ratioOf([label, label, label], aim);
          for (const [row, logits] of rows.entries()) {
            expect(value[row]).toBeCloseTo(plainRatio(logits, label, aim), 5);
            const expected = plainGradient(logits, label, aim);
            for (const [index, slope] of gradient[row]!.entries()) expect(slope).toBeCloseTo(expected[index]!, 4);
          }
        }
      }
    });

    test('does not change with the scale of the logits, nor with what is added to all', async () => {
      const { value } = await ratioOf([0, 2, 1], 'leave');
      const moved = await ratioOf(
        [0, 2, 1],
        'leave',
        rows.map((row) => row.map((logit) => 1000 * logit + 64)),
      );
      for (const [row, ratio] of moved.value.entries()) expect(ratio).toBeCloseTo(value[row]!, 4);
    });

    test('gives finite numbers where all logits are alike, and NaN for NaN', async () => {
      const { value, gradient } = await ratioOf([1, 0], 'leave', [
        [2, 2, 2, 2],
        [1, Number.NaN, 0, 2],
      ]);
      expect(value[0]).toBe(0);
      expect(gradient[0]!.every(Number.isFinite)).toBe(true);
      expect(value[1]).toBeNaN();
    });

    test('is below 0 just where the label leads', async () => {
      const { value } = await ratioOf([3, 2, 0], 'leave');
      expect(value.map(Math.sign)).toEqual([-1, 1, -1]);
      const inputs = [tf.tensor2d(rows) as Tensor2D, tf.tensor1d([3, 2, 0], 'int32')] as const;
      const reached = differenceOfLogitsRatio(...inputs, 'reach');
      expect([...(await reached.value.data())].map(Math.sign)).toEqual([1, -1, 1]);
      tf.dispose([...inputs, reached.value, reached.gradient]);
    });
  });
});
