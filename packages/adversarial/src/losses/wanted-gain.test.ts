import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wantedLogOddsGain } from './wanted-gain.ts';

const released = { early: 0.03, late: 0.1 };
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test('raises p by min(early, late (1 - p))', () => {
  fc.assert(
    fc.property(fc.double({ min: -30, max: 15, noNaN: true }), (logOdds) => {
      const p = sigmoid(logOdds);
      const raised = sigmoid(logOdds + wantedLogOddsGain(logOdds, released));
      expect(raised - p).toBeCloseTo(Math.min(0.03, 0.1 * (1 - p)), 9);
    }),
  );
});

test('is the released step where the tangent of the logistic curve is good', () => {
  const gentle = { early: 1e-6, late: 1e-6 };
  for (const logOdds of [-2, 0, 2]) {
    const p = sigmoid(logOdds);
    const wanted = Math.min(1e-6, 1e-6 * (1 - p));
    expect(wantedLogOddsGain(logOdds, gentle) / (wanted / (p * (1 - p)))).toBeCloseTo(1, 4);
  }
});

test('asks for log(1 / (1 - late)) where p is 1 to the last digit', () => {
  for (const logOdds of [40, 100, 1000]) expect(wantedLogOddsGain(logOdds, released)).toBeCloseTo(-Math.log(0.9), 9);
});

test('leads straight to p = early where p is 0 to the last digit', () => {
  for (const logOdds of [-100, -1000]) {
    expect(logOdds + wantedLogOddsGain(logOdds, released)).toBeCloseTo(Math.log(0.03 / 0.97), 9);
  }
});
