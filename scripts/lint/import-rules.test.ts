import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

const algorithm = (name: string) => `packages/actmax/src/${name}.ts`;
const importing = (name: string) => `import * as other from '${name}';\n\nexport { other };\n`;
const typesOf = (name: string) => `import type * as other from '${name}';\n\nexport type { other };\n`;

/** Path, source, and what the linter must say of it; `undefined` where it must accept it. */
const cases: [path: string, source: string, message: string | undefined][] = [
  [algorithm('layers'), importing('@tensorflow/tfjs-layers'), 'nothing of TensorFlow.js but tfjs-core'],
  [algorithm('union'), importing('@tensorflow/tfjs'), 'nothing of TensorFlow.js but tfjs-core'],
  [algorithm('backend'), importing('@tensorflow/tfjs-backend-wasm'), 'nothing of TensorFlow.js but tfjs-core'],
  [algorithm('sibling'), importing('@cnnviz/adversarial'), 'No package imports another published package'],
  [algorithm('core'), importing('@tensorflow/tfjs-core'), undefined],
  [algorithm('internal'), importing('@cnnviz/internal'), undefined],
  ['packages/actmax/src/layers.test.ts', importing('@tensorflow/tfjs-layers'), undefined],
  ['examples/demo/src/layers.ts', importing('@tensorflow/tfjs-layers'), undefined],
  ['packages/wasm-gradients/src/backend.ts', typesOf('@tensorflow/tfjs-backend-wasm'), undefined],
  ['packages/wasm-gradients/src/layers.ts', typesOf('@tensorflow/tfjs-layers'), 'Of TensorFlow.js only tfjs-core'],
  [algorithm('chained'), 'export const f = (x: Tensor) => tf.sub(x, 1).mul(2);\n', 'chained tensor methods'],
  [algorithm('reshaped'), 'export const f = (x: Tensor) => x.reshape([1, 2]);\n', 'chained tensor methods'],
  ['packages/models/src/layers.ts', importing('@tensorflow/tfjs-layers'), undefined],
  ['packages/models/src/graphs.ts', importing('@tensorflow/tfjs-converter'), undefined],
  ['packages/models/src/union.ts', importing('@tensorflow/tfjs'), 'what loads models, tfjs-layers and tfjs-converter'],
  ['packages/models/src/sibling.ts', importing('@cnnviz/dissect'), 'No package imports another published package'],
  [algorithm('functional'), 'export const f = (x: Tensor) => tf.mul(tf.sub(x, Math.max(1, 2)), 2);\n', undefined],
  [algorithm('resized'), 'export const f = (x: Tensor) => tf.image.resizeNearestNeighbor(x, [2, 2]);\n', undefined],
  [algorithm('data-sync'), 'export const f = (x: Tensor) => x.dataSync();\n', 'await tensor.data()'],
  [algorithm('array-sync'), 'export const f = (x: Tensor) => x.arraySync();\n', 'await tensor.data()'],
  [algorithm('random'), 'export const f = () => Math.random();\n', 'createRandom(seed)'],
  [algorithm('random-passed'), 'export const f = Math.random;\n', 'createRandom(seed)'],
  ['examples/demo/src/random.ts', 'export const f = Math.random;\n', 'createRandom(seed)'],
];

describe('import rules', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'cnnviz-lint-'));
  const said = new Map<string, string>();

  beforeAll(() => {
    cpSync(join(root, 'biome.json'), join(scratch, 'biome.json'));
    cpSync(join(root, 'scripts/lint'), join(scratch, 'scripts/lint'), { recursive: true });
    for (const [path, source] of cases) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), source);
    }
    const { stdout } = spawnSync(
      join(root, 'node_modules/.bin/biome'),
      ['lint', '--vcs-enabled=false', '--reporter=github', '--max-diagnostics=none', 'packages', 'examples'],
      { cwd: scratch, encoding: 'utf8' },
    );
    for (const [path] of cases) {
      const lines = stdout.split('\n').filter((line) => line.includes(`/${path},`));
      said.set(path, lines.filter((line) => line.startsWith('::error')).join('\n'));
    }
  });

  afterAll(() => rmSync(scratch, { recursive: true }));

  it.each(cases)('%s', (path, _, message) => {
    if (message === undefined) expect(said.get(path)).toBe('');
    else expect(said.get(path)).toContain(message);
  });
});
