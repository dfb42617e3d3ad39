import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BACKENDS, type BackendName, type BackendStarter, chooseBackend } from './choose-backend.ts';

/** Starters of which only the named ones start; `tried` collects which were asked to, in order. */
function starters(starting: readonly BackendName[], tried: string[] = []): Record<BackendName, BackendStarter> {
  const entries = BACKENDS.map((name) => [
    name,
    {
      async start({ byName }: { byName: boolean }) {
        tried.push(byName ? `${name} by name` : name);
        if (!starting.includes(name)) throw new Error(`no ${name} here.\nsecond line`);
        return `${name} detail`;
      },
      install: `get ${name}`,
    },
  ]);
  return Object.fromEntries(entries);
}

async function choose(
  starting: readonly BackendName[],
  argv: readonly string[] = [],
  env: Record<string, string> = {},
) {
  const tried: string[] = [];
  const lines: string[] = [];
  const chosen = await chooseBackend({
    argv,
    env,
    print: (line) => lines.push(line),
    starters: starters(starting, tried),
  });
  return { chosen, tried, lines };
}

describe('chooseBackend', () => {
  it('takes the first that starts and says why the preferred ones were passed over', async () => {
    const { chosen, tried, lines } = await choose(['webgpu', 'wasm', 'cpu']);
    expect(chosen).toEqual({
      name: 'webgpu',
      detail: 'webgpu detail',
      passedOver: [
        { name: 'tensorflow-gpu', reason: 'no tensorflow-gpu here' },
        { name: 'tensorflow', reason: 'no tensorflow here' },
      ],
    });
    expect(tried).toEqual(['tensorflow-gpu', 'tensorflow', 'webgpu']);
    expect(lines).toEqual([
      'backend: webgpu, webgpu detail; passed over: tensorflow-gpu (no tensorflow-gpu here), tensorflow (no tensorflow here)',
    ]);
  });

  it.each(BACKENDS.map((name, place) => [name, place] as const))('prefers %s to all after it', async (name, place) => {
    const { chosen } = await choose(BACKENDS.slice(place));
    expect(chosen.name).toBe(name);
    expect(chosen.passedOver.map((other) => other.name)).toEqual(BACKENDS.slice(0, place));
  });

  it.each<[string, string[], Record<string, string>]>([
    ['--backend NAME', ['--quick', '--backend', 'cpu', 'rest'], {}],
    ['--backend=NAME', ['--backend=cpu'], {}],
    ['CNNVIZ_BACKEND', [], { CNNVIZ_BACKEND: 'cpu' }],
    ['--backend before CNNVIZ_BACKEND', ['--backend', 'cpu'], { CNNVIZ_BACKEND: 'wasm' }],
  ])('tries only the one that %s names', async (_, argv, env) => {
    const { chosen, tried, lines } = await choose([...BACKENDS], argv, env);
    expect(chosen).toEqual({ name: 'cpu', detail: 'cpu detail', passedOver: [] });
    expect(tried).toEqual(['cpu by name']);
    expect(lines).toHaveLength(1);
  });

  it('takes an empty CNNVIZ_BACKEND for none', async () => {
    expect((await choose(['wasm'], [], { CNNVIZ_BACKEND: '' })).chosen.name).toBe('wasm');
  });

  it('says what to install for one that was asked for and does not start', async () => {
    await expect(choose(['cpu'], ['--backend', 'tensorflow'])).rejects.toThrow(
      '@cnnviz/example-support: chooseBackend: --backend tensorflow: the backend does not start: no tensorflow here. To install it: get tensorflow',
    );
  });

  it.each([
    ['an unknown name', ['--backend', 'webgl'], 'webgl'],
    ['no name', ['--backend'], 'nothing'],
  ])('rejects %s', async (_, argv, received) => {
    const error = await choose([...BACKENDS], argv).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RangeError);
    expect(String(error)).toContain(
      `--backend must be one of tensorflow-gpu, tensorflow, webgpu, wasm, cpu, got ${received}`,
    );
  });

  it('gives all reasons when none starts', async () => {
    await expect(choose([])).rejects.toThrow(
      /no backend starts: tensorflow-gpu: no tensorflow-gpu here; .*cpu: no cpu here/,
    );
  });

  const folder = fileURLToPath(new URL('.', import.meta.url));
  const runInNode = (script: string) =>
    spawnSync(
      process.execPath,
      ['--import', 'tsx', '--conditions', '@cnnviz/source', '--input-type=module', '--eval', script],
      { cwd: folder, encoding: 'utf8', timeout: 50_000 },
    );
  const choosing = (backend: string) => `
    import { chooseBackend } from ${JSON.stringify(`${folder}choose-backend.ts`)};
    import * as tf from '@tensorflow/tfjs-core';
    import '@tensorflow/tfjs-layers';
    const { detail } = await chooseBackend({ argv: ['--backend', '${backend}'], print: () => {} });
  `;

  it.each(['wasm', 'cpu'])('starts %s for real, with gradients, and lets the process end', (backend) => {
    const { stdout, stderr, status } = runInNode(`${choosing(backend)}
      const gradient = tf.grad((filter) => tf.sum(tf.conv2d(tf.ones([1, 4, 4, 1]), filter, 1, 'valid')))(tf.ones([3, 3, 1, 1]));
      console.log(JSON.stringify({ backend: tf.getBackend(), detail, gradient: [...(await gradient.data())] }));
    `);
    expect(status, stderr).toBe(0);
    const answer: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(answer).toEqual({ backend, detail: expect.stringMatching(/^\d+ thread/), gradient: Array(9).fill(4) });
  });

  it.each([
    'throw new Error("of the caller");',
    'setTimeout(() => { throw new Error("of the caller"); });',
    'void Promise.reject(new Error("of the caller"));',
  ])('shows an uncaught error on wasm as it is: %s', (failure) => {
    const { stderr, status } = runInNode(`${choosing('wasm')} ${failure}`);
    expect(status).toBe(1);
    expect(stderr).toContain('of the caller');
    expect(stderr.length).toBeLessThan(4000);
  });
});
