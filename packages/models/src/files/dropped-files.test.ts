import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../../test-support/folder.ts';
import { branches, photos, valuesOf } from '../../test-support/networks.ts';
import { loadModel } from '../storage/load-model.ts';
import { saveModel } from '../storage/save-model.ts';
import { droppedFiles, type FolderFile, filesOfDrop } from './dropped-files.ts';

useBackend('cpu');

const folder = useFolder();

/** A model's files, with its answer to some images. */
async function saved() {
  const model = branches([6, 6, 2]);
  await saveModel(model, folder.path, { preprocessing: { range: [0, 1] } });
  const images = photos([6, 6, 2]);
  const answer = await valuesOf(model.predict(images) as tf.Tensor);
  model.dispose();
  const [json, weights] = await Promise.all(
    ['model.json', 'weights.bin'].map(async (name) => Uint8Array.from(await readFile(join(folder.path, name)))),
  );
  return { images, answer, json: json!, weights: weights! };
}

/** A File as an input of folders gives it. */
function fileOf(path: string, bytes: BlobPart): File {
  const file = new File([bytes], path.split('/').at(-1)!);
  Object.defineProperty(file, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
  return file;
}

describe('dropped files', () => {
  it.each([
    ['alone', ['model.json', 'weights.bin']],
    ['in a folder', ['mine/model.json', 'mine/weights.bin']],
    ['deep within, with others', ['mine/web/model.json', 'mine/web/weights.bin', 'mine/readme.json', 'mine/keras.h5']],
    ['with a json of another name', ['mine/mnist.json', 'mine/weights.bin', 'mine/package.json']],
  ])('are a model: %s', async (_, [jsonPath, weightsPath, ...others]) => {
    const before = tf.memory().numTensors;
    const { images, answer, json, weights } = await saved();
    const files = [...others.map((path) => fileOf(path, '{}')), fileOf(weightsPath!, weights), fileOf(jsonPath!, json)];
    const model = await loadLayersModel(droppedFiles(files));
    expect(await valuesOf(model.predict(images) as tf.Tensor)).toEqual(answer);
    model.dispose();
    const loaded = await loadModel(files);
    expect(await valuesOf(loaded.classifier(images))).toEqual(answer);
    loaded.dispose();
    images.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('bring labels and preprocessing along', async () => {
    const { images, json, weights } = await saved();
    images.dispose();
    const { userDefinedMetadata: _, ...without } = JSON.parse(new TextDecoder().decode(json));
    const files: FolderFile[] = [
      { path: 'mine/model.json', file: new Blob([JSON.stringify(without)]) },
      { path: 'mine/weights.bin', file: new Blob([weights]) },
      { path: 'mine/labels.txt', file: new Blob(['a\nb\nc\nd\ne']) },
      { path: 'mine/preprocessing.json', file: new Blob(['"tf"']) },
    ];
    const model = await loadModel(files);
    expect(model).toMatchObject({ labels: [...'abcde'], preprocessing: { range: [-1, 1] } });
    model.dispose();
  });

  it('say what is missing', async () => {
    const { images, json } = await saved();
    images.dispose();
    const load = (...files: (File | FolderFile)[]) => droppedFiles(files).load!();
    await expect(load(fileOf('mine/model.json', json))).rejects.toThrow(
      '@cnnviz/models: droppedFiles: mine/weights.bin: expected a model file, found only mine/model.json: provide the whole folder',
    );
    await expect(load(fileOf('keras.h5', ''), fileOf('notes.json', '{}'))).rejects.toThrow(
      'the given files: expected a model.json and the files that it names, found keras.h5, notes.json. Convert a ' +
        'model that Keras or TensorFlow saved with tensorflowjs_converter',
    );
    await expect(load(...Array.from('abcdefg', (name) => fileOf(name, '')))).rejects.toThrow(
      'a, b, c, d, e and 2 more',
    );
    await expect(load()).rejects.toThrow('found no files');
    await expect(load(fileOf('a.json', json), fileOf('b.json', json))).rejects.toThrow(
      'the given files: expected one model, found a.json, b.json: choose one of them',
    );
    expect(() => droppedFiles([{ path: 'model.json' }] as never)).toThrow(
      'files must be a list of files or of { path, file }, got { path }',
    );
  });
});

describe('filesOfDrop', () => {
  const fileEntry = (name: string) => ({
    name,
    isFile: true,
    file: (resolve: (file: File) => void) => resolve(new File([name], name)),
  });
  /** Gives at most a hundred at once, as browsers do. */
  const folderEntry = (name: string, entries: object[]) => ({
    name,
    isFile: false,
    createReader: () => {
      const rest = [...entries];
      return { readEntries: (resolve: (some: object[]) => void) => resolve(rest.splice(0, 100)) };
    },
  });
  const transferOf = (...items: object[]) => ({ items, files: [] }) as unknown as DataTransfer;
  const item = (entry: object | null, file: File | null = null) => ({
    webkitGetAsEntry: () => entry,
    getAsFile: () => file,
  });

  it('lists folders with all that is in them', async () => {
    const shards = Array.from({ length: 250 }, (_, i) => fileEntry(`shard${i}`));
    const folders = folderEntry('mine', [fileEntry('model.json'), folderEntry('weights', shards)]);
    const files = await filesOfDrop(transferOf(item(folders), item(null, new File([], 'single')), item(null)));
    expect(files).toHaveLength(252);
    expect(files.slice(0, 2).map(({ path }) => path)).toEqual(['mine/model.json', 'mine/weights/shard0']);
    expect(files.at(-2)!.path).toBe('mine/weights/shard249');
    expect(files.at(-1)!.path).toBe('single');
    expect(await files[1]!.file.text()).toBe('shard0');
  });

  it('makes a model of the drop itself', async () => {
    const { images, answer, json, weights } = await saved();
    const entry = (name: string, bytes: BlobPart) => ({
      name,
      isFile: true,
      file: (resolve: (file: File) => void) => resolve(new File([bytes], name)),
    });
    const transfer = transferOf(item(folderEntry('mine', [entry('model.json', json), entry('weights.bin', weights)])));
    const model = await loadModel(transfer);
    expect(await valuesOf(model.classifier(images))).toEqual(answer);
    model.dispose();
    images.dispose();
  });
});
