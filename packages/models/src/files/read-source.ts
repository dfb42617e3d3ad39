import { type Check, checker } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import { assembleModel } from './assemble-model.ts';
import { type DroppedFiles, filesOfDrop, filesOfFolder, folderOf } from './dropped-files.ts';
import { filesAtPath, hasFileSystem, localPath } from './file-system.ts';
import { inKeras2Form } from './keras-3.ts';
import type { ModelFiles } from './model-files.ts';
import { type FetchOptions, filesAtUrl } from './url-files.ts';

/**
 * Where to find a model: the path or URL of its folder or of its `model.json`; files that were dropped or chosen, or the drop
 * itself; a handler of TensorFlow.js; or an object that reads files by name.
 */
export type ModelSource = string | URL | DroppedFiles | DataTransfer | tf.io.IOHandler | ModelFiles;

/**
 * Reads a model's files and checks that they are complete, without making a model: for `tf.io.fromMemory`, or to inspect them.
 *
 * @param source A source as for {@link loadModel}.
 * @returns Topology, weights and `userDefinedMetadata` as plain data on the host, with nothing to dispose.
 * @throws Error if a file is missing or damaged. The message names the file.
 * @throws TypeError if the source or an option has the wrong type.
 * @see {@link loadModel}, which also makes the model.
 *
 * @example
 * import { tmpdir } from 'node:os';
 * import { fileSystem, readModel } from '@cnnviz/models';
 *
 * const folder = `${tmpdir()}/cnnviz-model`;
 * await layersModel.save(fileSystem(folder));
 * const { weightSpecs } = await readModel(folder);
 */
export async function readModel(source: ModelSource, options: FetchOptions = {}): Promise<tf.io.ModelArtifacts> {
  return (await readSource(checker('@cnnviz/models', 'readModel'), source, options)).artifacts;
}

/** The contents of a model's files. */
export interface ReadModel {
  artifacts: tf.io.ModelArtifacts;
  /** The model's name in errors. */
  name: string;
  /** Undefined if a handler read them. */
  files?: ModelFiles;
}

export async function readSource(check: Check, source: ModelSource, options: FetchOptions): Promise<ReadModel> {
  check.options(options);
  for (const name of ['fetch', 'weightUrl'] as const) {
    if (options[name] !== undefined && options[name] !== null) check.callable<unknown>(name, options[name]);
  }
  const handler = handlerOf(source);
  if (handler !== undefined) {
    const name = typeof source === 'string' ? source : 'the model of the given handler';
    return { artifacts: await artifactsOf(check, handler, name), name };
  }
  const files = await filesOf(check, source as Exclude<ModelSource, tf.io.IOHandler>, options);
  const name = typeof source === 'string' ? source : files.jsonPath;
  return { artifacts: await assembleModel(check, files), name, files };
}

/** A scheme that tfjs-core knows in browsers, such as `indexeddb://my-model`, or a handler itself. */
function handlerOf(source: ModelSource): tf.io.IOHandler | undefined {
  if (typeof source === 'string')
    return /^(indexeddb|localstorage):/.test(source) ? tf.io.getLoadHandlers(source)[0] : undefined;
  return typeof source === 'object' && source !== null && 'load' in source ? source : undefined;
}

async function artifactsOf(check: Check, handler: tf.io.IOHandler, name: string): Promise<tf.io.ModelArtifacts> {
  const artifacts = await handler.load!();
  if (typeof artifacts?.modelTopology !== 'object' || artifacts.modelTopology === null) {
    return check.failBecause('state', `${name}: expected a model with a topology, found none`);
  }
  return inKeras2Form(check, artifacts, name);
}

async function filesOf(
  check: Check,
  source: Exclude<ModelSource, tf.io.IOHandler>,
  options: FetchOptions,
): Promise<ModelFiles> {
  if (typeof source === 'string' || source instanceof URL) {
    const address = addressOf(check, source);
    return address === undefined ? filesAtPath(check, localPath(check, source)) : filesAtUrl(check, address, options);
  }
  if (typeof source === 'object' && source !== null) {
    if ('jsonPath' in source && 'read' in source) return source;
    if ('items' in source && 'files' in source) return filesOfFolder(check, await filesOfDrop(source));
    if (Symbol.iterator in source || 'length' in source) return filesOfFolder(check, folderOf(check, source));
  }
  return check.fail('type', 'source', 'a path, a URL, files or a handler', source);
}

/** The URL of a source, or undefined for a path. In a browser, it may be relative to the page. */
function addressOf(check: Check, source: string | URL): string | undefined {
  const given = String(source);
  if (/^https?:/.test(given)) return given;
  if (/^file:/.test(given) || hasFileSystem()) return undefined;
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(given, base).href;
  } catch {
    return check.failBecause('state', `${given}: expected a URL that begins with https:// and leads to a model.json`);
  }
}
