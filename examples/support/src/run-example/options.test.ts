import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as option from './options.ts';

const options = {
  quick: option.flag('less of everything'),
  images: option.wholeNumber('images to learn from', { default: 200 }),
  share: option.probability('of wrong labels', { default: 0.25 }),
  minutes: option.positiveNumber('at most'),
  data: option.oneOf(['mnist', 'cifar10'], 'mnist or cifar10', { default: 'mnist' }),
  seeds: option.wholeNumbers('LIST', 'of repetitions'),
  mean: option.numbers('R,G,B', 'subtracted', 3),
  layers: option.names('A,B', 'which'),
  out: option.path('FOLDER', 'where it goes'),
  seed: option.seed(),
};

describe('readOptions', () => {
  it('takes the defaults of what is not given', () => {
    const values = option.readOptions(options, []);
    expect(values).toEqual({
      quick: false,
      images: 200,
      share: 0.25,
      minutes: undefined,
      data: 'mnist',
      seeds: undefined,
      mean: undefined,
      layers: undefined,
      out: undefined,
      seed: 0,
    });
  });

  it('reads each kind', () => {
    const given =
      '--quick --images 3 --share 1 --minutes 0.5 --data cifar10 --seeds 0,2 --mean 1,-2,0.5 --layers a,b --out x';
    expect(option.readOptions(options, given.split(' '))).toEqual({
      quick: true,
      images: 3,
      share: 1,
      minutes: 0.5,
      data: 'cifar10',
      seeds: [0, 2],
      mean: [1, -2, 0.5],
      layers: ['a', 'b'],
      out: resolve(process.env.INIT_CWD ?? '.', 'x'),
      seed: 0,
    });
  });

  it('says that help was asked for', () => {
    expect(option.readOptions(options, ['--help'])).toBeUndefined();
  });

  it.each([
    [['--images', '0'], '--images must be a whole number >= 1, got 0'],
    [['--images', '1.5'], '--images must be a whole number >= 1, got 1.5'],
    [['--images', ''], '--images must be a whole number >= 1, got '],
    [['--seed=-1'], '--seed must be a whole number >= 0, got -1'],
    [['--share', '1.1'], '--share must be a number from 0 to 1, got 1.1'],
    [['--minutes', '0'], '--minutes must be a number > 0, got 0'],
    [['--data', 'letters'], '--data must be one of mnist, cifar10, got letters'],
    [['--seeds', '1,,2'], '--seeds must be whole numbers >= 0, with commas between them, got 1,,2'],
    [['--mean', '1,2'], '--mean must be 3 numbers, with commas between them, got 1,2'],
    [['--color', 'red'], "Unknown option '--color'"],
    [['red'], "Unexpected argument 'red'"],
  ])('says what is wrong with %s', (argv, message) => {
    expect(() => option.readOptions(options, argv)).toThrow(message);
  });
});

describe('helpText', () => {
  it('names every option with its default, in two columns at most 120 characters wide', () => {
    const long = { ...options, long: option.flag('word '.repeat(60)) };
    const text = option.helpText('Learns.', long);
    for (const name of Object.keys(long)) expect(text).toMatch(new RegExp(`^ +--${name}\\b`, 'm'));
    expect(text).toContain('  --images NUMBER   images to learn from (default: 200)\n');
    expect(text).toContain('  --seed NUMBER     (default: 0)\n');
    expect(text).toMatch(/^Learns\.\n\n {2}--quick /);
    const lines = text.split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(120);
    const continued = lines.filter((line) => line.startsWith('   '));
    expect(continued.length).toBeGreaterThan(1);
    for (const line of continued) expect(line).toMatch(/^ {20}word/);
  });
});
