import { describe, expect, it } from 'vitest';
import { activationClaims } from './claims.ts';

const on = { network: 'a network', steps: 40 };
const drawings = (pixelsSure: number, fourierRough: number) => [
  { method: 'fourier' as const, confidences: [1], roughness: [fourierRough] },
  { method: 'pixels' as const, confidences: [pixelsSure], roughness: [0.8] },
];
const alone = { meanLogit: 300, distance: 0.3, diversity: 0.1 };
const agreements = (...measured: Parameters<typeof activationClaims>) =>
  activationClaims(...measured).map(({ agrees }) => agrees);

describe('activationClaims', () => {
  it('agrees where pixels are sure and rough, and differing costs little', () => {
    const diversity = { alone, apart: { meanLogit: 290, distance: 0.35, diversity: 0.2 } };
    expect(agreements({ drawings: drawings(0.99, 0.3), diversity }, on)).toEqual(['yes', 'yes', 'yes']);
  });

  it('does not where it is the other way round, and says how much was lost', () => {
    const diversity = { alone, apart: { meanLogit: 45, distance: 0.2, diversity: 0.05 } };
    expect(agreements({ drawings: drawings(0.5, 0.9), diversity }, on)).toEqual(['no', 'no', 'no']);
    expect(activationClaims({ drawings: [], diversity }, on)[0]!.ours).toContain('for 15 % of the logit');
  });

  it('agrees in part where images differ more for half of the logit', () => {
    const diversity = { alone, apart: { meanLogit: 150, distance: 0.4, diversity: 0.2 } };
    expect(agreements({ drawings: [], diversity }, on)).toEqual(['in part']);
  });

  it('claims nothing of what was not drawn', () => {
    expect(activationClaims({ drawings: [], diversity: null }, on)).toEqual([]);
  });
});
