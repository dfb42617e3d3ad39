import { describe, expect, it } from 'vitest';
import { synthesisClaims } from './claims.ts';
import type { MethodQuality } from './experiment.ts';

const row = (method: string, recognized: number, leastRatio: number) =>
  ({
    method,
    recognized,
    leastRatio,
    interval: [0.9, 1],
    leastRecognized: 0.5,
    images: 10,
  }) as unknown as MethodQuality;
const agreements = (...quality: MethodQuality[]) =>
  synthesisClaims({ quality }, { dataSet: 'MNIST', wanted: 0.8 }).map(({ agrees }) => agrees);

describe('synthesisClaims', () => {
  it('agrees where the generator is recognized and pixels are not', () => {
    const quality = [row('generator', 1, 0.8), row('fourier', 0.6, 0.8), row('pixels', 0.4, 0.81)];
    expect(agreements(...quality)).toEqual(['yes', 'yes', 'yes']);
  });

  it('does not where it is the other way round', () => {
    const quality = [row('generator', 0.5, 0.7), row('fourier', 0.6, 0.7), row('pixels', 0.9, 0.7)];
    expect(agreements(...quality)).toEqual(['no', 'no', 'no']);
  });
});
