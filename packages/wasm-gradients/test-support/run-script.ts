import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** Runs a script in a separate process, which must end without help. It imports this package and tfjs-layers first. */
export function run(script: string): Promise<{ code: number | null; output: string }> {
  const prelude = `
    import * as tf from '@tensorflow/tfjs-core';
    import '@tensorflow/tfjs-layers';
    import { enableThreads, registerWasmGradients } from './src/index.ts';
  `;
  return runModule(prelude + script);
}

/** Like `run`, with no imports but the script's own. Our sources are bundled into it, which starts sooner than compiling them. */
export async function runModule(script: string): Promise<{ code: number | null; output: string }> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: folder, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    conditions: ['@cnnviz/source'],
    external: ['@tensorflow/*'],
  });
  const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: folder, timeout: 50_000 });
  child.stdin.end(outputFiles[0]!.text);
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
