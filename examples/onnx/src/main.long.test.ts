import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-main-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The example as a user starts it. */
function start(...options: string[]): Promise<{ status: number | string; stdout: string; stderr: string }> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const program = ['--import', 'tsx', '--conditions', '@cnnviz/source', main];
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [...program, ...options], { cwd, timeout: 230_000 }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });
}

it('writes a page with a chapter for each kind of work, its pictures, the units and the ONNX file', async () => {
  const out = join(folder, 'out');
  const { status, stdout, stderr } = await start(
    '--quick',
    '--runtime',
    'onnxruntime-web',
    '--backend',
    'wasm',
    '--out',
    out,
  );
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('runtime: onnxruntime-web');
  expect(stdout).toContain(`Open ${join(out, 'index.html')}`);
  const page = await readFile(join(out, 'index.html'), 'utf8');
  for (const id of ['agreement', 'fooling', 'attack', 'units']) expect(page).toContain(`id="${id}"`);
  expect(page).toContain('60 of 60');
  const scenes = ['street', 'harbour', 'garden', 'road', 'lake', 'meadow'];
  expect((await readdir(out)).sort()).toEqual(
    [
      ...['attack.png', 'conv1.png', 'index.html', 'scene.png', 'scenes.onnx', 'top-scenes.png', 'units.html'],
      ...scenes.map((scene) => `fooling-${scene}.png`),
    ].sort(),
  );
  expect(await readFile(join(out, 'units.html'), 'utf8')).toContain('conv4');
}, 240_000);

it('says what is wrong with an option', async () => {
  const { status, stderr } = await start('--runtime', 'onnx');
  expect(status).toBe(1);
  expect(stderr).toContain('--runtime must be one of onnxruntime-node, onnxruntime-web, got onnx');
}, 120_000);
