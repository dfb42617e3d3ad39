import { useBackend } from '@cnnviz/testing';
import type { Variable } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { capacity, type EpochRecord, generalizationGap, overfittingChart } from '../index.ts';

useBackend('cpu');

test('of a LayersModel: 2n + d and the rest, layer by layer', () => {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [6, 6, 3], filters: 4, kernelSize: 3, name: 'features' }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 10, name: 'head' }),
    ],
  });
  const result = capacity(model.getWeights() as Variable[], { samples: 100 });
  expect(result.layers.map(({ name, parameters }) => [name.split('_')[0], parameters])).toEqual([
    ['features', 3 * 3 * 3 * 4 + 4],
    ['head', 4 * 4 * 4 * 10 + 10],
  ]);
  expect(result.parameters).toBe(model.countParams());
  expect(result.parametersPerSample).toBe(result.parameters / 100);
  model.dispose();
});

test('of the MLPs of Zhang et al., whose counts the paper states', () => {
  const dense = (name: string, rows: number, columns: number) => [
    { name: `${name}/kernel`, shape: [rows, columns] },
    { name: `${name}/bias`, shape: [columns] },
  ];
  const pixels = 28 * 28 * 3;
  const one = capacity([...dense('a', pixels, 512), ...dense('b', 512, 10)], { samples: 50_000 });
  expect(one.parameters).toBe(1_209_866);
  const three = [...dense('a', pixels, 512), ...dense('b', 512, 512), ...dense('c', 512, 512), ...dense('d', 512, 10)];
  expect(capacity(three, { samples: 50_000 }).parameters).toBe(1_735_178);
});

test('capacity rejects no variables and no samples', () => {
  expect(() => capacity([], { samples: 1 })).toThrow(/capacity: variables must be at least one variable, got \[\]/);
  expect(() => capacity([{ name: 'a', shape: [1] }], { samples: 0 })).toThrow(/samples must be an integer >= 1, got 0/);
});

const record = (epoch: number, loss: number, validationLoss: number): EpochRecord => ({
  epoch,
  learningRate: 0.1,
  loss,
  penalty: 0,
  accuracy: 0.9,
  validationLoss,
  validationAccuracy: 0.6,
});

test('the gap is test minus training loss, training minus test accuracy', () => {
  const [gap] = generalizationGap([record(0, 0.5, 0.75)]);
  expect(gap).toMatchObject({ epoch: 0, lossGap: 0.25, trainAccuracy: 0.9, testAccuracy: 0.6 });
  expect(gap!.accuracyGap).toBeCloseTo(0.3, 12);
  const { validationLoss: _, ...without } = record(2, 1, 1);
  expect(() => generalizationGap([without])).toThrow(/epoch 2 has no validation: train with the option validation/);
});

test('the chart holds a point for each epoch, set and training', () => {
  const history = [record(0, 0.5, 0.75), record(1, 0.25, 1)];
  const chart = overfittingChart({ none: history, dropout: history }, { metric: 'loss' });
  expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
  expect(chart.data.values.length).toBe(8);
  expect(chart.data.values[3]).toEqual({ training: 'none', set: 'test', epoch: 2, value: 1 });
  expect(overfittingChart({ none: history }).data.values[0]!.value).toBeCloseTo(0.1, 12);
  expect(() => overfittingChart({})).toThrow(/histories must be at least one training, got {}/);
});
