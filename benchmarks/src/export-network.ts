import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageModel } from '@cnnviz/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';

interface ExportedLayer {
  name: string;
  kind: string;
  /** Names of the layers whose outputs it takes; none for the first. */
  inputs: string[];
  activation: string | null;
  padding: string | null;
  /** Of a kernel or a pool. */
  window: number[] | null;
  strides: number[] | null;
  /** Of zeros: [[top, bottom], [left, right]]. */
  borders: number[][] | null;
  /** Offsets count numbers, not bytes. */
  weights: { shape: number[]; offset: number }[];
}

/** What peers/network.py builds the same network of. */
export interface ExportedNetwork {
  folder: string;
  /** The layer that gives logits. */
  logits: string;
}

/** Writes `network.json` and `network.bin`. */
export async function exportNetwork(
  { topology, preprocessing, inputShape }: ImageModel,
  folder: string,
): Promise<ExportedNetwork> {
  const network = topology as LayersModel;
  const names = new Set(network.layers.map(({ name }) => name));
  const numbers: Float32Array[] = [];
  let offset = 0;
  const layers: ExportedLayer[] = [];
  for (const layer of network.layers) {
    const config = layer.getConfig() as Record<string, unknown>;
    const weights: ExportedLayer['weights'] = [];
    for (const tensor of layer.getWeights()) {
      weights.push({ shape: tensor.shape, offset });
      numbers.push((await tensor.data()) as Float32Array);
      offset += tensor.size;
    }
    layers.push({
      name: layer.name,
      kind: layer.getClassName(),
      // A sequential model does not list its input layer.
      inputs: inputsOf(layer).filter((name) => names.has(name)),
      activation: textOf(config.activation),
      padding: textOf(config.padding),
      window: pairOf(config.kernelSize ?? config.poolSize),
      strides: pairOf(config.strides),
      borders: layer.getClassName() === 'ZeroPadding2D' ? (config.padding as number[][]) : null,
      weights,
    });
  }
  const [, , channels] = inputShape;
  const { range, mean = new Array<number>(channels).fill(0), deviation } = preprocessing;
  if (range[0] !== 0 || deviation !== undefined) throw new Error('peers/network.py only scales and shifts from 0');
  await writeFile(join(folder, 'network.json'), JSON.stringify({ scale: range[1], mean, layers }));
  await writeFile(
    join(folder, 'network.bin'),
    Buffer.concat(numbers.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))),
  );
  return { folder, logits: layers.at(-1)!.name };
}

function inputsOf(layer: LayersModel['layers'][number]): string[] {
  return layer.inboundNodes.flatMap((node) =>
    (node as { inboundLayers: { name: string }[] }).inboundLayers.map(({ name }) => name),
  );
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function pairOf(value: unknown): number[] | null {
  if (typeof value === 'number') return [value, value];
  return Array.isArray(value) ? value : null;
}
