import { createRandom } from '@cnnviz/internal';
import { describe, expect, test } from 'vitest';
import { preferredGrating } from './preferred-grating.ts';

const radians = (degrees: number) => (degrees * Math.PI) / 180;

interface Gabor {
  size: number;
  /** Of the bars, counter-clockwise from horizontal, in degrees. */
  orientation: number;
  frequency: number;
  deviation: number;
  phase?: number;
}

/** A wave across its bars under a round Gaussian window. */
function gabor({ size, orientation, frequency, deviation, phase = 0 }: Gabor): number[] {
  const middle = (size - 1) / 2;
  return Array.from({ length: size * size }, (_, pixel) => {
    const up = middle - Math.floor(pixel / size);
    const right = (pixel % size) - middle;
    const acrossBars = -right * Math.sin(radians(orientation)) + up * Math.cos(radians(orientation));
    const window = Math.exp(-(up * up + right * right) / (2 * deviation ** 2));
    return window * Math.cos(2 * Math.PI * frequency * acrossBars + phase);
  });
}

/** Between two orientations, whose circle is 180 degrees long. */
const turnBetween = (a: number, b: number) => Math.min((a - b + 360) % 180, (b - a + 360) % 180);

describe('preferredGrating', () => {
  test('recovers orientation and frequency of Gabor filters', () => {
    for (const orientation of [0, 10, 45, 90, 160]) {
      for (const frequency of [0.15, 0.25, 0.4]) {
        const filter = gabor({ size: 21, orientation, frequency, deviation: 3, phase: 1 });
        const found = preferredGrating(filter, [21, 21, 1]);
        expect(turnBetween(found.orientation, orientation)).toBeLessThan(0.5);
        expect(Math.abs(found.frequency - frequency)).toBeLessThan(0.003);
      }
    }
  });

  test('finds them in the 11x11 kernels of a first layer too', () => {
    for (const orientation of [0, 30, 75, 110, 160]) {
      const filter = gabor({ size: 11, orientation, frequency: 0.25, deviation: 2 });
      const found = preferredGrating(filter, [11, 11, 1]);
      expect(turnBetween(found.orientation, orientation)).toBeLessThan(1);
      expect(Math.abs(found.frequency - 0.25)).toBeLessThan(0.01);
    }
  });

  test('calls bars that rise to the right 45 degrees', () => {
    const rising = [
      [-1, -1, 2],
      [-1, 2, -1],
      [2, -1, -1],
    ];
    expect(preferredGrating(rising.flat(), [3, 3, 1]).orientation).toBeCloseTo(45, 1);
  });

  test('has the selectivity of the closed form: two Gaussians in the frequency plane', () => {
    for (const { frequency, deviation } of [
      { frequency: 0.2, deviation: 2 },
      { frequency: 0.2, deviation: 3.5 },
      { frequency: 0.3, deviation: 3 },
    ]) {
      const answers = Array.from({ length: 360 }, (_, degree) => {
        const distance = 2 * frequency * Math.sin(radians(degree / 2) / 2);
        const mirrored = 2 * frequency * Math.sin(radians(180 - degree / 2) / 2);
        const lobe = (d: number) => Math.exp(-2 * (Math.PI * deviation * d) ** 2);
        return { angle: radians(degree / 2), answer: lobe(distance) + lobe(mirrored) };
      });
      const total = answers.reduce((sum, { answer }) => sum + answer, 0);
      const cosine = answers.reduce((sum, { angle, answer }) => sum + answer * Math.cos(2 * angle), 0);
      const sine = answers.reduce((sum, { angle, answer }) => sum + answer * Math.sin(2 * angle), 0);
      const filter = gabor({ size: 31, orientation: 25, frequency, deviation, phase: 0 });
      const { selectivity } = preferredGrating(filter, [31, 31, 1]);
      expect(Math.abs(selectivity - Math.hypot(cosine, sine) / total)).toBeLessThan(0.01);
    }
  });

  test('finds a round spot selective of no orientation', () => {
    const spot = gabor({ size: 15, orientation: 0, frequency: 0, deviation: 2 });
    expect(preferredGrating(spot, [15, 15, 1]).selectivity).toBeLessThan(0.02);
  });

  test('finds no grating in a flat filter, a single pixel or nothing', () => {
    const none = { frequency: 0, orientation: 0, selectivity: 0 };
    expect(preferredGrating(Array(25).fill(3), [5, 5, 1])).toEqual(none);
    expect(preferredGrating([1, 2, 3], [1, 1, 3])).toEqual(none);
    expect(preferredGrating(Array(9).fill(0), [3, 3, 1])).toEqual(none);
  });

  test('does not depend on brightness, on strength or on the sign', () => {
    const filter = gabor({ size: 11, orientation: 60, frequency: 0.25, deviation: 2 });
    const expected = preferredGrating(filter, [11, 11, 1]);
    const changed = preferredGrating(
      filter.map((weight) => -7 * weight + 3),
      [11, 11, 1],
    );
    expect(changed.orientation).toBeCloseTo(expected.orientation, 6);
    expect(changed.frequency).toBeCloseTo(expected.frequency, 6);
    expect(changed.selectivity).toBeCloseTo(expected.selectivity, 6);
  });

  test('answers by the energy of all channels: as the Fourier transform of each, computed pixel by pixel', () => {
    const random = createRandom(3);
    const [height, width, channels] = [4, 6, 3];
    const weights = random.fillNormal(new Float32Array(height * width * channels));
    const { frequency, orientation, selectivity } = preferredGrating(weights, [height, width, channels]);
    const answer = (of: number, angle: number) => {
      let energy = 0;
      for (let channel = 0; channel < channels; channel++) {
        const values = Array.from({ length: height * width }, (_, pixel) => weights[pixel * channels + channel]!);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        let real = 0;
        let imaginary = 0;
        for (const [pixel, value] of values.entries()) {
          const along = (pixel % width) * Math.cos(angle) - Math.floor(pixel / width) * Math.sin(angle);
          real += (value - mean) * Math.cos(2 * Math.PI * of * along);
          imaginary += (value - mean) * Math.sin(2 * Math.PI * of * along);
        }
        energy += real ** 2 + imaginary ** 2;
      }
      return Math.sqrt(energy);
    };
    const best = answer(frequency, radians(orientation + 90));
    const angles = Array.from({ length: 180 }, (_, degree) => radians(degree));
    for (let of = 1 / 6; of <= 0.5; of += 0.02) {
      for (const angle of angles) expect(answer(of, angle)).toBeLessThan(best * 1.0001);
    }
    const answers = angles.map((angle) => answer(frequency, angle));
    const sum = (of: (angle: number) => number) =>
      angles.reduce((s, angle, index) => s + of(angle) * answers[index]!, 0);
    const expected =
      Math.hypot(
        sum((a) => Math.cos(2 * a)),
        sum((a) => Math.sin(2 * a)),
      ) / sum(() => 1);
    expect(selectivity).toBeCloseTo(expected, 6);
  });
});
