import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lenet, readPhoto } from '@cnnviz/example-support';
import { saveModel } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

useBackend('wasm');

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actmax-main-'));
  model = join(folder, 'model');
  const network = lenet({ seed: 0, inputShape: [16, 16, 3], classes: 4 });
  await saveModel(network, model, {
    labels: ['red ant', 'honey bee', 'tabby cat', 'sheep dog'],
    preprocessing: { range: [0, 1] },
  });
  network.dispose();
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  status: number | string;
  stdout: string;
  stderr: string;
}

/** The example as a user starts it, without the data of this machine. */
function start(...options: string[]): Promise<Ended> {
  const { CNNVIZ_DATA: _, ...env } = process.env;
  const program = [
    '--import',
    'tsx',
    '--conditions',
    '@cnnviz/source',
    fileURLToPath(new URL('main.ts', import.meta.url)),
  ];
  return new Promise((resolve) => {
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    execFile(process.execPath, [...program, ...options], { cwd, env, timeout: 100_000 }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });
}

it('writes a page with what was asked for, and pictures beside it, seven times enlarged', async () => {
  const out = join(folder, 'out');
  const options = ['--classes', '2,0', '--layer', 'conv1', '--units', '1,0', '--steps', '3', '--backend', 'wasm'];
  const { status, stdout, stderr } = await start('--model', model, ...options, '--out', out);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain(`Open ${join(out, 'index.html')}`);
  const page = await readFile(join(out, 'index.html'), 'utf8');
  for (const id of ['classes', 'units']) expect(page).toContain(`id="${id}"`);
  for (const name of ['tabby cat', 'red ant', 'unit 1', 'unit 0']) expect(page).toContain(name);
  for (const name of ['honey bee', 'sheep dog', 'unit 2']) expect(page).not.toContain(name);

  const names = (await readdir(out)).filter((file) => file.endsWith('.png'));
  const single = names.filter((name) => !/^(classes|film-)/.test(name));
  expect(single).toHaveLength(3 * 2 + 2);
  expect(names.filter((name) => !single.includes(name)).sort()).toEqual([
    'classes.png',
    'film-fourier.png',
    'film-phase.png',
    'film-pixels.png',
  ]);
  for (const name of single) expect(sizeOf(await readFile(join(out, name)))).toEqual([112, 112]);
  for (const name of names) {
    const picture = await readPhoto(join(out, name), { size: 16 });
    const values = await picture.data();
    expect(Math.max(...values) - Math.min(...values), name).toBeGreaterThan(0.05);
    picture.dispose();
  }
}, 120_000);

/** Width and height, of the header of a PNG file. */
function sizeOf(png: Buffer): [width: number, height: number] {
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

it('says what is wrong with an option', async () => {
  const wrong: [options: string[], message: string][] = [
    [['--layer', 'conv1'], '--layer and --units go together'],
    [['--color', 'red'], "Unknown option '--color'"],
    [['--range', '0'], '--range must be 2 numbers, with commas between them, got 0'],
  ];
  const out = join(folder, 'nothing');
  const common = ['--model', model, '--backend', 'wasm', '--out', out];
  const answers = await Promise.all(wrong.map(([options]) => start(...common, ...options)));
  for (const [index, [, message]] of wrong.entries()) {
    expect(answers[index]!.stderr).toContain(message);
    expect(answers[index]!.status).toBe(1);
  }
  await expect(readdir(out)).rejects.toThrow('ENOENT');
}, 120_000);
