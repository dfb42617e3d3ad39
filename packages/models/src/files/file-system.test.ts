import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { useBackend } from '@cnnviz/testing';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useFolder } from '../../test-support/folder.ts';
import { graphArtifacts, node, placeholder } from '../../test-support/graphs.ts';
import { branches, photos, valuesOf } from '../../test-support/networks.ts';
import { loadModel } from '../storage/load-model.ts';
import { fileSystem } from './file-system.ts';
import { readModel } from './read-source.ts';

useBackend('cpu');

const folder = useFolder();

describe('fileSystem', () => {
  it('gives tfjs-layers back what it saved, in a folder that it makes', async () => {
    const before = tf.memory().numTensors;
    const model = branches([6, 6, 2]);
    model.setUserDefinedMetadata({ author: 'me' });
    const inside = join(folder.path, 'a/b');
    const { modelArtifactsInfo } = await model.save(fileSystem(inside));
    expect(modelArtifactsInfo.weightDataBytes).toBe(model.countParams() * 4);
    expect((await readdir(inside)).sort()).toEqual(['model.json', 'weights.bin']);
    const images = photos([6, 6, 2]);
    const expected = await valuesOf(model.predict(images) as tf.Tensor);
    for (const place of [inside, join(inside, 'model.json'), pathToFileURL(inside), pathToFileURL(inside).href]) {
      const copy = await loadLayersModel(fileSystem(place));
      expect(await valuesOf(copy.predict(images) as tf.Tensor)).toEqual(expected);
      expect(copy.getUserDefinedMetadata()).toEqual({ author: 'me' });
      copy.dispose();
    }
    images.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives tfjs-converter back a graph, with its signature', async () => {
    const artifacts = graphArtifacts([placeholder('image', [-1, 2]), node('Add', 'sum', ['image', 'shift'])], {
      shift: { shape: [2], values: [1, 2] },
    });
    const signature = {
      inputs: { image: { name: 'image:0', dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '-1' }, { size: '2' }] } } },
      outputs: { moved: { name: 'sum:0' } },
    };
    await fileSystem(folder.path).save!({ ...artifacts, signature, generatedBy: 'us' });
    expect(JSON.parse(await readFile(join(folder.path, 'model.json'), 'utf8'))).toMatchObject({
      format: 'graph-model',
      generatedBy: 'us',
      signature,
    });
    const graph = await loadGraphModel(fileSystem(folder.path));
    expect(graph.outputNodes).toEqual(['moved']);
    const input = tf.tensor2d([[1, 1]]);
    expect([...(await valuesOf(tf.tidy(() => graph.execute(input, 'sum') as tf.Tensor)))]).toEqual([2, 3]);
    input.dispose();
    graph.dispose();
  });

  it('keeps the weights of several models in one folder apart', async () => {
    const [one, other] = [branches([6, 6, 2]), branches([8, 8, 1])];
    await one.save(fileSystem(join(folder.path, 'one.json')));
    await other.save(fileSystem(join(folder.path, 'other.json')));
    expect((await readdir(folder.path)).sort()).toEqual([
      'one.json',
      'one.weights.bin',
      'other.json',
      'other.weights.bin',
    ]);
    const copy = await loadLayersModel(fileSystem(join(folder.path, 'other.json')));
    expect(copy.inputs[0]!.shape).toEqual([null, 8, 8, 1]);
    await expect(readModel(folder.path)).rejects.toThrow(
      `@cnnviz/models: readModel: ${folder.path}: expected one model, found one.json, other.json: choose one of them`,
    );
    await rm(join(folder.path, 'one.json'));
    expect((await readModel(folder.path)).weightSpecs).toHaveLength(10);
    for (const model of [one, other, copy]) model.dispose();
  });

  it('finds a model whose json has another name, beside others that hold none', async () => {
    const model = branches([6, 6, 2]);
    await model.save(fileSystem(folder.path));
    model.dispose();
    await rename(join(folder.path, 'model.json'), join(folder.path, 'emotions.json'));
    await writeFile(join(folder.path, 'package.json'), '{}');
    expect((await readModel(folder.path)).weightSpecs).toHaveLength(10);
  });

  it('refuses what is no path', () => {
    expect(() => fileSystem(3 as never)).toThrow('@cnnviz/models: fileSystem: path must be a path, got 3');
  });
});

describe('where there are no files', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('says so, and takes a path for an address', async () => {
    vi.stubGlobal('process', undefined);
    expect(() => fileSystem('/models/a')).toThrow(
      '@cnnviz/models: fileSystem: there is no file system here: pass a URL, or files that were dropped or chosen',
    );
    await expect(readModel('models/a')).rejects.toThrow(
      '@cnnviz/models: readModel: models/a: expected a URL that begins with https:// and leads to a model.json',
    );
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return new Response(null, { status: 404 });
    };
    vi.stubGlobal('document', { baseURI: 'https://example.org/page/index.html' });
    await expect(readModel('models/a', { fetch })).rejects.toThrow('found HTTP 404');
    expect(asked).toEqual(['https://example.org/page/models/a/model.json']);
  });
});

describe('labels and preprocessing beside a model', () => {
  const save = async () => {
    const model = branches([6, 6, 3]);
    await model.save(fileSystem(folder.path));
    model.dispose();
    await writeFile(join(folder.path, 'preprocessing.json'), '{ "range": [0, 255], "channelOrder": "bgr" }');
  };

  it.each([
    ['labels.txt', 'a\r\nb b\r\nc\r\nd\r\ne\r\n'],
    ['labels.json', '["a", "b b", "c", "d", "e"]'],
    ['labels.json', '{ "0": ["n0", "a"], "1": ["n1", "b b"], "2": ["n2", "c"], "3": ["n3", "d"], "4": ["n4", "e"] }'],
  ])('are read: %s', async (name, text) => {
    await save();
    await writeFile(join(folder.path, name), text);
    const { labels, preprocessing, dispose } = await loadModel(folder.path);
    expect(labels).toEqual(['a', 'b b', 'c', 'd', 'e']);
    expect(preprocessing).toEqual({ range: [0, 255], channelOrder: 'bgr' });
    dispose();
    await mkdir(join(folder.path, 'meta'));
    await copyFile(join(folder.path, name), join(folder.path, 'meta', `names-${name}`));
    await rm(join(folder.path, name));
    const other = await loadModel(folder.path, { labels: `meta/names-${name}` });
    expect(other.labels).toEqual(labels);
    other.dispose();
    const none = await loadModel(folder.path, { preprocessing: 'caffe' });
    expect(none.labels).toBeUndefined();
    expect(none.preprocessing.mean).toEqual([123.68, 116.779, 103.939]);
    none.dispose();
  });

  it('must fit', async () => {
    await save();
    const before = tf.memory().numTensors;
    const load = (labels: unknown) => loadModel(folder.path, { labels: labels as string[] });
    await expect(load(['a', 'b'])).rejects.toThrow('labels must be 5 names, one for each class, got ["a", "b"]');
    await expect(load([...'abc', 4, 'e'])).rejects.toThrow('labels[3] must be a name, got 4');
    await expect(load({ 0: 'a', 7: 'b' })).rejects.toThrow('a class of labels must be an integer >= 0 and <= 1, got 7');
    await expect(load(5)).rejects.toThrow('labels must be a list of names, or an object by class, got 5');
    await expect(load('none.txt')).rejects.toThrow(`${join(folder.path, 'none.txt')}: expected a model file, found no`);
    await writeFile(join(folder.path, 'labels.json'), '[');
    await expect(loadModel(folder.path)).rejects.toThrow(
      `@cnnviz/models: loadModel: ${join(folder.path, 'labels.json')}: expected a list of labels, found `,
    );
    await writeFile(join(folder.path, 'labels.json'), '["a", 4]');
    await expect(loadModel(folder.path)).rejects.toThrow(
      new TypeError(`@cnnviz/models: loadModel: ${join(folder.path, 'labels.json')}[1] must be a name, got 4`),
    );
    await writeFile(join(folder.path, 'preprocessing.json'), '');
    await expect(loadModel(folder.path)).rejects.toThrow(
      `${join(folder.path, 'preprocessing.json')}: expected JSON, found`,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});
