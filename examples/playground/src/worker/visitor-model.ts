import {
  assembleModel,
  type ImageModel,
  imageModelOfArtifacts,
  type ModelFiles,
} from '@cnnviz/example-support/browser';
import type { Bounds } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';

/** A file of a folder that was dropped or chosen. */
export interface FolderFile {
  /** From the folder on, with slashes. */
  path: string;
  file: Blob;
}

/** Where the visitor's model comes from, and the range of the pixels that it was trained on. */
export type ModelSource = { range: Bounds } & ({ folder: FolderFile[] } | { url: string });

export interface VisitorModel {
  model: ImageModel;
  /** Of its answer. */
  classes: string[];
}

/**
 * A LayersModel or a GraphModel.
 *
 * @throws Error that tells the visitor, in words, what is wrong with it.
 */
export async function loadVisitorModel(source: ModelSource): Promise<VisitorModel> {
  const files = 'folder' in source ? filesOfFolder(source.folder) : filesAtUrl(source.url);
  const artifacts = await assembleModel(files);
  const name = 'folder' in source ? files.jsonPath : source.url;
  const model = await imageModelOfArtifacts(artifacts, name, withRange(artifacts, source.range)).catch(explainModel);
  try {
    const count = countClasses(model);
    return { model, classes: Array.from({ length: count }, (_, label) => model.classes?.[label] ?? String(label)) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** What `saveModel` of the examples wrote beside a model knows better than the visitor. */
function withRange(artifacts: tf.io.ModelArtifacts, range: Bounds) {
  const said = artifacts.userDefinedMetadata?.cnnviz as { preprocessing?: unknown } | undefined;
  return said?.preprocessing === undefined ? { preprocessing: { range } } : {};
}

function filesOfFolder(folder: readonly FolderFile[]): ModelFiles {
  const depth = (path: string) => path.split('/').length;
  const [json] = folder
    .filter(({ path }) => path === 'model.json' || path.endsWith('/model.json'))
    .sort((a, b) => depth(a.path) - depth(b.path));
  if (json === undefined) {
    throw new Error(
      `There is no model.json in what you gave: ${listed(folder.map(({ path }) => path))}. A model of TensorFlow.js is a ` +
        'folder with a model.json and the .bin files that it names. What Keras or TensorFlow saved is made into one by ' +
        'the program tensorflowjs_converter.',
    );
  }
  const parent = json.path.slice(0, -'model.json'.length);
  return {
    jsonPath: json.path,
    pathOf: (name) => parent + name,
    read: async (path) => {
      const found = folder.find((each) => each.path === path);
      if (found === undefined) {
        throw new Error(
          `${json.path} names ${path.slice(parent.length)}, and that file is missing. Give the whole folder: model.json ` +
            'and all its .bin files.',
        );
      }
      return new Uint8Array(await found.file.arrayBuffer());
    },
  };
}

function filesAtUrl(given: string): ModelFiles {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new Error(`"${given}" is not an address. One begins with https:// and leads to a model.json.`);
  }
  if (!url.pathname.endsWith('.json')) url.pathname = `${url.pathname.replace(/\/$/, '')}/model.json`;
  return { jsonPath: url.href, pathOf: (name) => new URL(name, url).href, read: fetchOfVisitor };
}

async function fetchOfVisitor(url: string): Promise<Uint8Array> {
  const response = await fetch(url).catch(() => undefined);
  if (response === undefined) {
    throw new Error(
      `${url} could not be read. Either there is no such server, or it does not allow pages of other sites to read its ` +
        'files: for that it would have to send the header Access-Control-Allow-Origin (CORS). You can download the ' +
        'folder and give it here from your disk.',
    );
  }
  if (!response.ok) throw new Error(`${url} was not found: its server answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Of an error of the loader: what is wrong with the shape, or what TensorFlow.js says. */
function explainModel(error: Error): never {
  const shape = /the model leaves it open, \[(.*)\]/.exec(error.message)?.[1];
  if (shape !== undefined) {
    const sizes = shape.split(', ').map((size) => (/^[1-9]/.test(size) ? size : '?'));
    throw new Error(
      `The model takes inputs of the shape [${sizes.join(', ')}]. This page needs one that takes images of ` +
        'a fixed size, [?, height, width, 1 or 3].',
      { cause: error },
    );
  }
  explainKernel(error);
  throw new Error(`TensorFlow.js cannot make a model of these files: ${error.message}`, { cause: error });
}

function countClasses(model: ImageModel): number {
  const shape = model.inputShape.join(', ');
  if (model.inputShape[2] !== 1 && model.inputShape[2] !== 3) {
    throw new Error(`The model takes images [?, ${shape}]. This page has images of 1 or 3 channels.`);
  }
  const answer = answerTo(tf.zeros<tf.Rank.R4>([1, ...model.inputShape]), model);
  if (answer.length !== 2 || answer[1]! < 2) {
    throw new Error(
      `The model answers an image with the shape [${answer.join(', ')}]. This page needs a classifier, [1, classes].`,
    );
  }
  return answer[1]!;
}

/** @param image Is disposed. */
function answerTo(image: tf.Tensor4D, model: ImageModel): number[] {
  try {
    return tf.tidy(() => model.classifier(image).shape as number[]);
  } catch (error) {
    const { message } = error as Error;
    explainKernel(error as Error);
    throw new Error(`TensorFlow.js cannot compute what the model answers to an image: ${message}`, { cause: error });
  } finally {
    image.dispose();
  }
}

/** Returns if the error is of another kind. */
function explainKernel(error: Error): void {
  const [, kernel, backend] = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(error.message) ?? [];
  if (kernel === undefined) return;
  throw new Error(
    `The model needs ${kernel}, which TensorFlow.js cannot compute on ${backend}. Choose another backend.`,
    {
      cause: error,
    },
  );
}

function listed(paths: readonly string[]): string {
  if (paths.length === 0) return 'no files';
  const shown = paths.slice(0, 5).join(', ');
  return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown;
}
