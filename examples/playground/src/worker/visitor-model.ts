import type { Bounds } from '@cnnviz/internal';
import { type FolderFile, type ImageModel, loadModel, readModel } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';

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
  const model = await load(source).catch(explainModel);
  try {
    const count = countClasses(model);
    return { model, classes: Array.from({ length: count }, (_, label) => model.labels?.[label] ?? String(label)) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function load(source: ModelSource): Promise<ImageModel> {
  const artifacts = await readModel('folder' in source ? source.folder : source.url);
  return loadModel({ load: async () => artifacts }, withRange(artifacts, source.range));
}

/** What `saveModel` wrote into a model knows better than the visitor. */
function withRange(artifacts: tf.io.ModelArtifacts, range: Bounds) {
  const said = artifacts.userDefinedMetadata?.cnnviz as { preprocessing?: unknown } | undefined;
  return said?.preprocessing === undefined ? { preprocessing: { range } } : {};
}

/** Of an error of the loader: what is wrong with the shape, or what it says, without who says it. */
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
  throw new Error(`This is no model that the page can use. ${error.message.replace(/^@cnnviz\/\w+: \w+: /, '')}`, {
    cause: error,
  });
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
