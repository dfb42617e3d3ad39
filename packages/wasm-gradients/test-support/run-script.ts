import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** Runs a script in a process of its own, which must end by itself. */
export function run(script: string): Promise<{ code: number | null; output: string }> {
  const prelude = `
    import * as tf from '@tensorflow/tfjs-core';
    import '@tensorflow/tfjs-layers';
    import { enableThreads, registerWasmGradients } from './src/index.ts';
  `;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@cnnviz/source', '--input-type=module', '--eval', prelude + script],
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
