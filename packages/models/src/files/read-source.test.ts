import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../../test-support/folder.ts';
import { branches } from '../../test-support/networks.ts';
import { loadModel } from '../storage/load-model.ts';
import { saveModel } from '../storage/save-model.ts';
import { readModel } from './read-source.ts';

useBackend('cpu');

const folder = useFolder();

const save = async () => {
  const model = branches([6, 6, 2]);
  await saveModel(model, folder.path, { preprocessing: { range: [0, 1] } });
  model.dispose();
};

/** Answers as a server would whose root is the folder, and notes what it is asked for. */
function server(rename: (name: string) => string = (name) => name) {
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(url);
    const file = await readFile(join(folder.path, rename(new URL(url).pathname.slice(1)))).catch(() => undefined);
    return file === undefined ? new Response(null, { status: 404 }) : new Response(Uint8Array.from(file));
  };
  return { asked, fetch };
}

describe('a model at an address', () => {
  it('is fetched as one likes, with the query of its address', async () => {
    await save();
    const { asked, fetch } = server();
    const { weightSpecs } = await readModel('https://host/model.json?token=a/b', { fetch });
    expect(weightSpecs).toHaveLength(10);
    expect(asked).toEqual(['https://host/model.json?token=a/b', 'https://host/weights.bin?token=a/b']);
    await readModel(new URL('https://host/'), { fetch });
    expect(asked.slice(2)).toEqual(['https://host/model.json', 'https://host/weights.bin']);
  });

  it('may have weights of another name, as bundlers give them', async () => {
    await save();
    const { asked, fetch } = server((name) => name.replace(/^assets\//, '').replace('.5f3c', ''));
    await readModel('https://host/assets/model.5f3c.json', {
      fetch,
      weightUrl: (name) => `/assets/${name.replace('.bin', '.5f3c.bin')}`,
    });
    expect(asked).toEqual(['https://host/assets/model.5f3c.json', 'https://host/assets/weights.5f3c.bin']);
  });

  it('says why it cannot be read', async () => {
    const { fetch } = server();
    await expect(readModel('https://host/a', { fetch })).rejects.toThrow(
      '@cnnviz/models: readModel: https://host/a/model.json: expected a model file, found HTTP 404',
    );
    const refused = readModel('https://host/a', {
      fetch: async () => Promise.reject(new TypeError('Failed to fetch')),
    });
    await expect(refused).rejects.toThrow(
      'https://host/a/model.json: expected a model file, got no response (Failed to fetch): the server does ' +
        'not exist, or does not allow pages from other sites to read its files (CORS)',
    );
  });
});

describe('a model elsewhere', () => {
  it('is read by a handler of TensorFlow.js', async () => {
    await save();
    const artifacts = await readModel(folder.path);
    const model = await loadModel(tf.io.fromMemory(artifacts));
    expect(model.inputShape).toEqual([6, 6, 2]);
    model.dispose();
    const empty = { load: async () => ({}) as tf.io.ModelArtifacts };
    await expect(loadModel(empty)).rejects.toThrow(
      '@cnnviz/models: loadModel: the model of the given handler: expected a model with a topology, found none',
    );
  });

  it('is read by whatever knows its files by name', async () => {
    await save();
    const store = new Map<string, Uint8Array>();
    for (const name of ['model.json', 'weights.bin']) store.set(`zip:${name}`, await readFile(join(folder.path, name)));
    const files = { jsonPath: 'zip:model.json', pathOf: (name: string) => `zip:${name}` };
    const model = await loadModel({ ...files, read: async (path) => store.get(path)! });
    expect(model.layers).toHaveLength(6);
    model.dispose();
  });

  it.each([[undefined], [3], [{}], [null]])('is nowhere: %s', async (source) => {
    await expect(loadModel(source as never)).rejects.toThrow(
      '@cnnviz/models: loadModel: source must be a path, a URL, files or a handler, got',
    );
  });
});

describe('the package', () => {
  it('is bundled for a page without a module of Node', async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [fileURLToPath(new URL('../index.ts', import.meta.url))],
      conditions: ['@cnnviz/source'],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      external: ['@tensorflow/*'],
      metafile: true,
      write: false,
    });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    expect([...new Set(imports)].sort()).toEqual([
      '@tensorflow/tfjs-converter',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
    ]);
    expect(outputFiles[0]!.text).not.toMatch(/["']node:/);
  });
});
