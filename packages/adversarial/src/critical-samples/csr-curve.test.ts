import { wilsonInterval } from '@cnnviz/internal';
import { describe, expect, test } from 'vitest';
import { type CsrPoint, csrCurve } from './csr-curve.ts';

const pointOf = (epoch: number, critical: number): CsrPoint => ({
  epoch,
  ratio: critical / 100,
  interval: wilsonInterval(critical, 100),
});
const trainings = { 'real labels': [pointOf(0, 5), pointOf(10, 7)], 'random labels': [pointOf(0, 5)] };

describe('csrCurve', () => {
  test('draws each point with its interval, and plain JSON', () => {
    const specification = csrCurve(trainings);
    const [low, high] = wilsonInterval(7, 100);
    expect(specification.data.values).toHaveLength(3);
    expect(specification.data.values[1]).toEqual({ training: 'real labels', epoch: 10, ratio: 0.07, low, high });
    expect(JSON.parse(JSON.stringify(specification))).toEqual(specification);
    const marks = (specification.layer as { mark: { type: string } }[]).map(({ mark }) => mark.type);
    expect(marks).toEqual(['area', 'line', 'point']);
  });

  test.each([
    [{}, /csrCurve: trainings must be at least one training, got \{\}/],
    [{ a: 3 }, /trainings\["a"\] must be a list of points, got 3/],
    [{ a: [{ epoch: 0, ratio: 2, interval: [0, 1] }] }, /ratio must be a number >= 0 and <= 1, got 2/],
    [{ a: [{ epoch: 0, ratio: 0.5 }] }, /interval must be a number >= 0 and <= 1, got undefined/],
    [{ a: [{ ratio: 0.5, interval: [0, 1] }] }, /epoch must be a number, got undefined/],
  ])('refuses %j', (faulty, message) => {
    expect(() => csrCurve(faulty as never)).toThrow(message);
  });
});
