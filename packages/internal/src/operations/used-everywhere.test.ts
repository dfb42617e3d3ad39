import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../../../', import.meta.url));
const algorithms = ['actmax', 'adversarial', 'dissect', 'genetic', 'models', 'regularizers'];

/** Operations of TensorFlow.js that are wrong or slow on a backend, and what to call instead. */
const insteadOf = {
  'tf.gather(': 'takeRows',
  'tf.gatherND(': 'takeRows',
  'tf.oneHot(': 'oneHot',
  'tf.sign(': 'sign',
};

function sourcesOf(name: string): string[] {
  const folder = join(packages, name, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /(?<!\.test)\.ts$/.test(file)).map((file) => join(folder, file));
}

it.each(algorithms)('%s calls no operation for which there is a way round a fault of a backend', (name) => {
  const sources = sourcesOf(name);
  expect(sources.length).toBeGreaterThan(5);
  const calls = sources.flatMap((path) => {
    const code = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    return Object.entries(insteadOf).flatMap(([call, instead]) =>
      code.includes(call) ? [`${path.slice(packages.length)}: ${instead} of internal instead of ${call})`] : [],
    );
  });
  expect(calls).toEqual([]);
});
