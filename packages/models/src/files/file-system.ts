import { type Check, checker } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { assembleModel } from './assemble-model.ts';
import { findModelJson, type ModelFiles } from './model-files.ts';

type FileModules = {
  'fs/promises': typeof import('node:fs/promises');
  path: typeof import('node:path');
  url: typeof import('node:url');
};

/** A module of Node, if there is one. Bundlers for browsers see no import of it. */
function builtin<N extends keyof FileModules>(name: N): FileModules[N] | undefined {
  return globalThis.process?.getBuiltinModule?.(name) as FileModules[N] | undefined;
}

/** Whether there is a file system, as in Node, Deno and Bun. */
export const hasFileSystem = (): boolean => builtin('fs/promises') !== undefined;

/**
 * Makes a handler that reads and writes a model's files in Node, Deno and Bun, for `loadLayersModel`, `loadGraphModel` and a
 * model's `save`. It does on any backend what `file://` does with tfjs-node.
 *
 * @param path A folder, or the path of its `model.json`. Saving creates the folder if it is missing.
 * @returns A handler for loading and saving, with nothing to dispose. Its error names a file that is missing or damaged.
 * @throws Error if there is no file system, as in a browser.
 * @throws TypeError if `path` is not a path.
 * @see {@link saveModel} and {@link loadModel}, which take the path directly.
 *
 * @example
 * import { tmpdir } from 'node:os';
 * import { fileSystem } from '@cnnviz/models';
 * import { loadLayersModel } from '@tensorflow/tfjs-layers';
 *
 * const folder = `${tmpdir()}/cnnviz-model`;
 * await layersModel.save(fileSystem(folder));
 * const copy = await loadLayersModel(fileSystem(folder));
 */
export function fileSystem(path: string | URL): tf.io.IOHandler {
  const check = checker('@cnnviz/models', 'fileSystem');
  const place = localPath(check, path);
  return {
    load: async () => assembleModel(check, await filesAtPath(check, place)),
    save: (artifacts) => writeModel(place, artifacts),
  };
}

/** Turns a path or a `file:` URL into a path. */
export function localPath(check: Check, path: string | URL): string {
  const url = builtin('url');
  if (url === undefined) {
    check.failBecause('state', 'there is no file system here: pass a URL, or files that were dropped or chosen');
  }
  if (typeof path !== 'string' && !(path instanceof URL)) check.fail('type', 'path', 'a path', path);
  return path instanceof URL || path.startsWith('file:') ? url.fileURLToPath(path) : path;
}

/** @param path Path of a folder or of its `model.json`. */
export async function filesAtPath(check: Check, path: string): Promise<ModelFiles> {
  const { readdir } = builtin('fs/promises')!;
  const { dirname, basename, join } = builtin('path')!;
  const read = (file: string) => readLocalFile(check, file);
  const folder = path.endsWith('.json') ? dirname(path) : path;
  // If there is no folder, the error will be about its model.json.
  const names = await readdir(folder).catch(() => ['model.json']);
  const inside = (name: string) => join(folder, name);
  const json = path.endsWith('.json')
    ? basename(path)
    : await findModelJson(check, names, { read: (name) => read(inside(name)), where: folder });
  return { jsonPath: inside(json), pathOf: inside, read, names };
}

async function readLocalFile(check: Check, path: string): Promise<Uint8Array> {
  return builtin('fs/promises')!
    .readFile(path)
    .catch((error: NodeJS.ErrnoException) => {
      const found = error.code === 'ENOENT' ? 'no such file' : error.message;
      return check.failBecause('state', `${path}: expected a model file, found ${found}`, error);
    });
}

/** Writes the weights before `model.json`, and each file under a temporary name first, so every file there is complete. */
async function writeModel(path: string, artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
  const { mkdir, rename, writeFile } = builtin('fs/promises')!;
  const { dirname, basename, join } = builtin('path')!;
  const isJson = path.endsWith('.json');
  const folder = isJson ? dirname(path) : path;
  const weights = isJson && basename(path) !== 'model.json' ? `${basename(path, '.json')}.weights.bin` : 'weights.bin';
  const writeWhole = async (name: string, content: Uint8Array | string) => {
    await writeFile(join(folder, `${name}.part`), content);
    await rename(join(folder, `${name}.part`), join(folder, name));
  };
  const bytes = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
  const manifest = [{ paths: [weights], weights: artifacts.weightSpecs ?? [] }];
  await mkdir(folder, { recursive: true });
  await writeWhole(weights, new Uint8Array(bytes));
  await writeWhole(isJson ? basename(path) : 'model.json', JSON.stringify(modelJson(artifacts, manifest)));
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
}

function modelJson(artifacts: tf.io.ModelArtifacts, weightsManifest: tf.io.WeightsManifestConfig): tf.io.ModelJSON {
  const { weightData: _, weightSpecs: __, getWeightStream: ___, modelTopology, ...rest } = artifacts;
  return { ...rest, modelTopology: modelTopology!, weightsManifest } as tf.io.ModelJSON;
}
