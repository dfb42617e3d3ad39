import { type Check, checker } from '@cnnviz/internal';
import { type ImageModel, type ImageModelOptions, imageModelOf } from '../adapters/image-model.ts';
import { type Labels, parseLabels } from '../adapters/labels.ts';
import { modelOfArtifacts } from '../files/model-of-artifacts.ts';
import { type ModelSource, type ReadModel, readSource } from '../files/read-source.ts';
import type { FetchOptions } from '../files/url-files.ts';

/** Options of {@link loadModel}. */
export interface LoadModelOptions extends FetchOptions, Omit<Partial<ImageModelOptions>, 'labels'> {
  /**
   * Name of each class: a list, an object by class, or the name of a file beside the model, either a text file with one name
   * per line or a JSON file. Default: the labels that `saveModel` wrote, else `labels.txt` or `labels.json` in the same folder.
   */
  labels?: Labels | string;
}

/**
 * Loads a LayersModel or a GraphModel together with its classifier, probes, layers, labels and preprocessing.
 *
 * The classifier leaves out a softmax at the end, so it returns logits. Models saved by Keras 3 can be read, too.
 *
 * @param source The path or URL of a folder or of its `model.json`; files that were dropped or chosen; a handler of
 *   TensorFlow.js, such as `tf.io.browserFiles`; or `{ jsonPath, pathOf, read }`.
 * @param options Options that are left out are taken from what `saveModel` wrote into the model, or from a
 *   `preprocessing.json` beside it. `preprocessing` must come from one of these places.
 * @returns The model's functions and facts. The caller disposes the result, and every tensor that its functions return.
 * @throws Error if a file is missing or damaged, or if TensorFlow.js cannot run the model. The message names the file.
 * @throws RangeError or TypeError, under the conditions of {@link imageModel}.
 * @see {@link saveModel}, which writes such a folder.
 *
 * @example
 * import { tmpdir } from 'node:os';
 * import { loadModel, saveModel } from '@cnnviz/models';
 *
 * const folder = `${tmpdir()}/cnnviz-model`;
 * await saveModel(layersModel, folder, { preprocessing: { range: [0, 1] } });
 * const { classifier, probe, dispose } = await loadModel(folder);
 * const logits = classifier(images);
 * dispose();
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<ImageModel> {
  const check = checker('@cnnviz/models', 'loadModel');
  check.options(options);
  const read = await readSource(check, source, options);
  const { fetch: _, weightUrl: __, labels: ___, ...chosen } = options;
  const written = metadataOf(check, read);
  const preprocessing = chosen.preprocessing ?? written.preprocessing ?? (await preprocessingBeside(check, read));
  if (preprocessing === undefined) {
    return check.failBecause('state', `preprocessing must be given: ${read.name} does not say which it expects`);
  }
  const labels = await labelsOf(check, read, options.labels ?? written.labels);
  const complete = { ...chosen, preprocessing, ...(labels !== undefined && { labels }) };
  return modelOfArtifacts(check, read.artifacts, read.name, (model) => imageModelOf(check, model, complete));
}

type Written = Pick<LoadModelOptions, 'preprocessing' | 'labels' | 'inputShape'>;

/** Reads what `saveModel` wrote. */
function metadataOf(check: Check, { artifacts, name }: ReadModel): Written {
  const written = (artifacts.userDefinedMetadata as { cnnviz?: unknown } | undefined)?.cnnviz;
  if (written === undefined || written === null) return {};
  if (typeof written !== 'object') {
    check.failBecause('state', `${name}: expected { preprocessing, labels } in its metadata, found ${typeof written}`);
  }
  return written as Written;
}

async function preprocessingBeside(check: Check, { files }: ReadModel): Promise<LoadModelOptions['preprocessing']> {
  const text = await textBeside(files, 'preprocessing.json');
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    return check.failBecause(
      'state',
      `${files!.pathOf('preprocessing.json')}: expected JSON, found ${(error as Error).message}`,
    );
  }
}

async function labelsOf(check: Check, { files, name }: ReadModel, labels: Labels | string | undefined) {
  if (typeof labels === 'string') {
    if (files === undefined)
      return check.failBecause('state', `${name}: expected a model in files, to read ${labels} beside it`);
    const path = files.pathOf(labels);
    return parseLabels(check, new TextDecoder().decode(await files.read(path)), path);
  }
  if (labels !== undefined) return labels;
  for (const file of ['labels.txt', 'labels.json']) {
    const text = await textBeside(files, file);
    if (text !== undefined) return parseLabels(check, text, files!.pathOf(file));
  }
  return undefined;
}

async function textBeside(files: ReadModel['files'], name: string): Promise<string | undefined> {
  if (!files?.names?.includes(name)) return undefined;
  return new TextDecoder().decode(await files.read(files.pathOf(name)));
}
