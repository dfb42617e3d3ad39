import { expect, test } from 'vitest';
import { undeclaredImports } from './undeclared-imports.ts';

const of = (files: Record<string, string>) =>
  undeclaredImports(new Map(Object.entries(files)), {
    dependencies: { 'pure-rand': '^8.0.0' },
    peerDependencies: { '@tensorflow/tfjs-core': '^4.22.0' },
  });

test('finds what declarations import and the package does not declare', () => {
  expect(
    of({
      'dist/index.d.ts': [
        "import { Tensor4D } from '@tensorflow/tfjs-core';",
        "import { Probe } from '@cnnviz/internal';",
        "export { Table } from './table.js';",
        "declare const chart: import('vega-lite').TopLevelSpec;",
      ].join('\n'),
    }),
  ).toEqual(['dist/index.d.ts: @cnnviz/internal', 'dist/index.d.ts: ./table.js', 'dist/index.d.ts: vega-lite']);
  expect(of({ 'dist/index.d.cts': '/// <reference types="node" />\nexport declare const file: Buffer;' })).toEqual([
    'dist/index.d.cts: node',
  ]);
});

test('finds what code imports, statically, on demand or by require', () => {
  const code = "import 'seedrandom'; export * from './part.js'; await import('fast-png');";
  expect(of({ 'dist/index.js': code, 'dist/part.js': '' })).toEqual([
    'dist/index.js: seedrandom',
    'dist/index.js: fast-png',
  ]);
  expect(of({ 'dist/index.cjs': 'const png = require("fast-png");' })).toEqual(['dist/index.cjs: fast-png']);
});

test('finds the private package in a text', () => {
  expect(of({ 'dist/index.js': 'throw new Error("@cnnviz/internal: tileGrid: tiles must be a tensor");' })).toEqual([
    'dist/index.js: @cnnviz/internal',
  ]);
});

test('accepts what is declared, built in or in the package, and what stands in comments', () => {
  expect(
    of({
      'dist/index.js': [
        "import * as tf from '@tensorflow/tfjs-core';",
        "import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';",
        "import { readFile } from 'node:fs/promises';",
        "import { Worker } from 'worker_threads';",
        "import { part } from './part.js';",
        "/** import { nothing } from 'nowhere'; */",
      ].join('\n'),
      'dist/part.js': 'export const part = 1;',
    }),
  ).toEqual([]);
});
