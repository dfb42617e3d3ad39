import { describe, expect, it } from 'vitest';
import { foolingClaims } from './claims.ts';
import type { Judgement } from './judge.ts';

const judgement = (confidence: number, agreed: number): Judgement => ({
  confidences: Array(10).fill(confidence),
  readings: [],
  mean: confidence,
  agreed,
});
const agreements = (own: number, agreed: number) =>
  foolingClaims([{ method: 'gradient', own: judgement(own, 10), other: judgement(0.5, agreed) }], 0.999).map(
    ({ agrees }) => agrees,
  );

describe('foolingClaims', () => {
  it('asks for certainty of the first network and for some agreement of the second', () => {
    expect(agreements(0.9995, 4)).toEqual(['yes', 'yes']);
    expect(agreements(0.9, 10)).toEqual(['no', 'in part']);
  });
});
