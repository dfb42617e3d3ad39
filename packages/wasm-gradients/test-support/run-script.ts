import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** Runs a script in a process of its own, which must end by itself, with this package and tfjs-layers imported. */
export function run(script: string): Promise<{ code: number | null; output: string }> {
  const prelude = `
    import * as tf from '@tensorflow/tfjs-core';
    import '@tensorflow/tfjs-layers';
    import { enableThreads, registerWasmGradients } from './src/index.ts';
  `;
  return runModule(prelude + script);
}

/** As `run`, with no imports but the script's own. */
export function runModule(script: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@cnnviz/source', '--input-type=module', '--eval', script],
    { cwd: folder, timeout: 50_000 },
  );
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, output }));
  });
}
