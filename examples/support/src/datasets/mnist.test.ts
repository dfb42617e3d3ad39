import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { type MnistOptions, mnist, parseDigits } from './mnist.ts';

describe('mnist', () => {
  it('splits 10,000 digits into 8,000 and 2,000 without overlap', async () => {
    const { train, test } = await mnist();
    expect([train.labels.length, test.labels.length]).toEqual([8000, 2000]);
    expect(train.images.length).toBe(8000 * 784);
    expect(train).toMatchObject({ name: 'MNIST', shape: [28, 28, 1], bounds: [0, 1] });
    expect(train.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect([...train.images.subarray(0, 784)].some((level) => level > 250)).toBe(true);
  });

  it('holds the levels that the package states, each digit under its label', async () => {
    const { train, test } = await mnist({ test: 1000, seed: 5 });
    const require = createRequire(import.meta.url);
    for (const digit of [0, 7]) {
      const { data } = require(`mnist/src/digits/${digit}.json`) as { data: number[] };
      let sum = 0;
      for (const part of [train, test]) {
        part.labels.forEach((label, i) => {
          if (label !== digit) return;
          for (const level of part.images.subarray(i * 784, (i + 1) * 784)) sum += level;
        });
      }
      // The package's values are rounded.
      expect(sum / 255 / data.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 3);
    }
  });

  it('keeps the proportion of the digits', async () => {
    const { train, test } = await mnist();
    for (let digit = 0; digit < 10; digit++) {
      const inTrain = train.labels.filter((label) => label === digit).length;
      const inTest = test.labels.filter((label) => label === digit).length;
      expect(Math.abs(inTest - (inTrain + inTest) / 5)).toBeLessThan(1);
    }
  });

  it('splits by seed', async () => {
    const testImages = async (options?: MnistOptions) => Buffer.from((await mnist(options)).test.images);
    const images = await testImages();
    expect(images.equals(await testImages({ seed: 0, test: 2000 }))).toBe(true);
    expect(images.equals(await testImages({ seed: 1 }))).toBe(false);
  });
});

describe('parseDigits', () => {
  it('recovers every one of the 256 levels', () => {
    const data = Array.from({ length: 784 }, (_, i) => Math.round(((i % 256) / 255) * 1000) / 1000);
    expect([...parseDigits(JSON.stringify({ data }), 'f')]).toEqual(Array.from({ length: 784 }, (_, i) => i % 256));
  });

  it.each([
    ['{"data":', /^0\.json: expected .+, found .*JSON/],
    ['[]', /^0\.json: expected .+, found no list "data"$/],
    ['{"data":[]}', /found 0 values$/],
    ['{"data":[0,1]}', /found 2 values$/],
    [JSON.stringify({ data: new Array(784).fill(7) }), /found 7 at 0$/],
  ])('rejects %.20s', (json, message) => {
    expect(() => parseDigits(json, '0.json')).toThrow(message);
  });
});
