import { describe, expect, it } from 'vitest';
import { evolutionClaims } from './claims.ts';
import type { EvolvedImages } from './evolve-images.ts';

const evolved = (confidence: number) =>
  ({
    elites: [0, 1].map((cell) => ({ cell, objective: confidence })),
    history: [{ generation: 5, mean: confidence, median: confidence }],
  }) as unknown as EvolvedImages;
const agreements = (network: 'lenet' | 'squeezenet', confidence: number) =>
  evolutionClaims(network, { name: 'net', classes: ['a', 'b'] }, evolved(confidence), 'cppn').map(
    ({ agrees }) => agrees,
  );

describe('evolutionClaims', () => {
  it('asks for certainty of each digit, and for more than half of a thousand classes', () => {
    expect(agreements('lenet', 0.99995)).toEqual(['yes', 'yes']);
    expect(agreements('lenet', 0.9)).toEqual(['no', 'no']);
    expect(agreements('squeezenet', 0.6)).toEqual(['yes']);
    expect(agreements('squeezenet', 0.4)).toEqual(['no']);
  });
});
