import { basename } from 'node:path';
import { loadSqueezeNet } from '@cnnviz/example-support';
import { type ImageModel, loadModel, type Preprocessing } from '@cnnviz/models';

/** A network, and what of it is drawn. */
export interface Subject {
  name: string;
  network: Omit<ImageModel, 'model' | 'output'>;
  classes: readonly number[];
  layers: readonly { layer: string; units: readonly number[] }[];
}

/** Classes that are easily told from a picture. */
const KNOWN = ['flamingo', 'monarch', 'goldfish', 'pizza', 'giant panda', 'zebra', 'daisy', 'school bus'];

/** @param folder Holds `squeezenet1.0-imagenet` and `imagenet-synsets.txt`. */
export async function squeezeNetSubject(folder: string, quick: boolean): Promise<Subject> {
  const network = await loadSqueezeNet(folder);
  const places = KNOWN.map((name) => classNames(network).findIndex((other) => other.startsWith(name)));
  const layers = quick ? ['fire4_concat'] : ['conv1', 'fire2_concat', 'fire4_concat', 'fire8_concat'];
  return {
    name: 'SqueezeNet 1.0',
    network,
    classes: quick ? places.slice(0, 2) : places,
    layers: layers.map((layer) => ({ layer, units: evenly(unitCount(network, layer), quick ? 2 : 8) })),
  };
}

export async function folderSubject(folder: string, preprocessing: Preprocessing | undefined): Promise<Subject> {
  const network = await loadModel(folder, preprocessing && { preprocessing });
  return { name: basename(folder), network, classes: [], layers: [] };
}

/** Short names; numbers where the network has none. */
export function className({ network }: Subject, label: number): string {
  return classNames(network)[label] ?? `class ${label}`;
}

function classNames({ labels }: Subject['network']): string[] {
  // As in `n02007558 flamingo`, or `n02128385 leopard, Panthera pardus`.
  return (labels ?? []).map((line) => line.replace(/^n\d{8} /, '').split(',')[0]!);
}

function unitCount({ layers }: Subject['network'], layer: string): number {
  return layers.find(({ name }) => name === layer)?.shape[2] ?? 0;
}

function evenly(available: number, count: number): number[] {
  return Array.from({ length: Math.min(count, available) }, (_, index) => Math.floor((index * available) / count));
}
