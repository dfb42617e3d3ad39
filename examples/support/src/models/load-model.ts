import type { ImageModel, ImageModelOptions } from './image-model.ts';
import { imageModelOfArtifacts } from './image-model-of-artifacts.ts';
import { readModelFiles } from './model-files.ts';

/**
 * Loads a LayersModel or a GraphModel. A softmax at its end is left out, so that what it returns is logits.
 *
 * @param source A folder, or the path or the URL of a folder or of its `model.json`.
 * @param options What `saveModel` wrote beside the model is taken where an option is left out; `preprocessing` must come
 * from one of both.
 * @throws Error that names the file if one is missing or not what it should be.
 */
export async function loadModel(source: string, options: Partial<ImageModelOptions> = {}): Promise<ImageModel> {
  return imageModelOfArtifacts(await readModelFiles(source), source, options);
}
