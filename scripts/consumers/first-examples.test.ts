import { expect, test } from 'vitest';
import { trialsOf } from './first-examples.ts';

const example = (line: number) => ({ place: `README.md:${line}`, code: '', isRun: true });
const text = [
  'npm install a b',
  '',
  'npm install ../cnnviz-a-0.0.0.tgz b',
  '',
  'npm install a',
  '',
  '',
  'npm install c',
];

test('tries the first example of a package after the line above it, and after the line with tarballs', () => {
  const readme = { name: 'a', path: 'packages/a/README.md', text: text.join('\n'), examples: [example(7), example(9)] };
  expect(trialsOf(readme)).toEqual([
    { example: example(7), install: 'npm install a' },
    { example: example(7), install: 'npm install ../cnnviz-a-0.0.0.tgz b' },
  ]);
});

test('tries each example of the root README', () => {
  const readme = { name: 'root', path: 'README.md', text: text.join('\n'), examples: [example(2), example(9)] };
  expect(trialsOf(readme).map(({ install }) => install)).toEqual([
    'npm install a b',
    'npm install c',
    'npm install ../cnnviz-a-0.0.0.tgz b',
  ]);
  expect(() => trialsOf({ ...readme, examples: [example(1)] })).toThrow('README.md:1: no install line above');
});
