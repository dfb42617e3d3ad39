import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageModel, loadModel } from '@cnnviz/models';

/**
 * SqueezeNet 1.0, trained on ImageNet: 227x227 RGB, 1.2 million parameters.
 *
 * @param folder Holds `squeezenet1.0-imagenet` and `imagenet-synsets.txt`.
 * @returns Takes images in [0, 1]; its labels are a WordNet id and names, as in `n01440764 tench, Tinca tinca`.
 * @see Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016.
 */
export async function loadSqueezeNet(folder: string): Promise<ImageModel> {
  return loadModel(join(folder, 'squeezenet1.0-imagenet'), {
    preprocessing: { range: [0, 255], mean: [122.679, 116.669, 104.007] },
    labels: await readSynsets(folder),
  });
}

/**
 * Tiny Darknet, trained on ImageNet: 224x224 RGB.
 *
 * @param folder Holds `tiny-darknet-imagenet` and `imagenet-synsets.txt`.
 * @returns Takes images in [0, 1]; its labels are a WordNet id and names, in Darknet's order.
 * @see https://pjreddie.com/darknet/tiny-darknet/
 */
export async function loadTinyDarknet(folder: string): Promise<ImageModel> {
  const lineOfId = new Map((await readSynsets(folder)).map((line) => [line.slice(0, line.indexOf(' ')), line]));
  const ids = await readLines(join(folder, 'tiny-darknet-imagenet', 'labels.txt'));
  return loadModel(join(folder, 'tiny-darknet-imagenet'), {
    preprocessing: { range: [0, 1] },
    labels: ids.map((id) => lineOfId.get(id) ?? id),
  });
}

const readSynsets = (folder: string) => readLines(join(folder, 'imagenet-synsets.txt'));

async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(`${path}: expected a list of classes, found ${error.message}`, { cause: error });
  });
  const lines = text.split('\n').map((line) => line.trim());
  const filled = lines.filter((line) => line !== '');
  if (filled.length !== 1000) throw new Error(`${path}: expected 1000 classes, found ${filled.length}`);
  return filled;
}
