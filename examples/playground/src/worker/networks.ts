import type { Bounds, Classifier, Probe } from '@cnnviz/internal';
import { type ImageModel, loadModel } from '@cnnviz/models';
import sceneJson from '../../../dissect-training/network/model.json?url';
import sceneWeights from '../../../dissect-training/network/weights.bin?url';
import digitJson from '../../network/model.json?url';
import digitWeights from '../../network/weights.bin?url';
import { loadVisitorModel, type ModelSource } from './visitor-model.ts';

export interface NetworkLayer {
  name: string;
  /** `[height, width, units]`. */
  shape: readonly [number, number, number];
  probe: Probe;
}

/** A network as the chapters' work takes it. Asked for anew in each job: it is gone after a change. */
export interface Network {
  /** As the page calls it. */
  name: string;
  /** Images `[n, ...shape]` within `bounds` to logits. */
  classify: Classifier;
  layers: NetworkLayer[];
  bounds: Bounds;
  classes: string[];
  /** `[height, width, channels]`. */
  shape: readonly [number, number, number];
  /** What `receptiveField` of `@cnnviz/dissect` reads, or a LayersModel whose inner layers are asked for. */
  topology: ImageModel['topology'];
  constants: ImageModel['constants'];
}

/** Takes `[n, 28, 28, 1]` in [0, 1], gives ten logits. */
export type DigitNetwork = Network;
/** Takes `[n, 32, 32, 3]` in [0, 255]. */
export type SceneNetwork = Network;

/** The visitor's network, for the page. */
export interface NetworkDescription {
  shape: readonly number[];
  classes: number;
  layers: number;
  /** Whether the chapters of digits use it. */
  isForDigits: boolean;
}

let digits: Promise<Network> | undefined;
let scenes: Promise<Network> | undefined;
let visitor: Network | undefined;
/** Where the visitor's came from. */
let source: ModelSource | undefined;
let models: ImageModel[] = [];

/** The visitor's network if it tells digits apart, else the shipped one. */
export async function digitNetwork(): Promise<DigitNetwork> {
  if (visitor !== undefined && isForDigits(visitor)) return visitor;
  digits ??= shipped('the digit network', { json: digitJson, weights: digitWeights });
  return digits;
}

export async function sceneNetwork(): Promise<SceneNetwork> {
  scenes ??= shipped('the scene network', { json: sceneJson, weights: sceneWeights }, [0, 255]);
  return scenes;
}

/** What the visitor brought, if anything. */
export function visitorNetwork(): Network | undefined {
  return visitor;
}

export function describeVisitorNetwork(): NetworkDescription | undefined {
  if (visitor === undefined) return undefined;
  const { shape, classes, layers } = visitor;
  return { shape, classes: classes.length, layers: layers.length, isForDigits: isForDigits(visitor) };
}

/**
 * Frees all networks, those shipped too: they are loaded again when they are asked for, on the backend of then.
 *
 * @returns Where the visitor's came from, if there was one.
 */
export function forgetNetworks(): ModelSource | undefined {
  for (const model of models) model.dispose();
  const forgotten = source;
  models = [];
  [digits, scenes, visitor, source] = [undefined, undefined, undefined, undefined];
  return forgotten;
}

/** @throws Error that tells the visitor what is wrong with it. The network in use before stays. */
export async function useVisitorNetwork(given: ModelSource): Promise<void> {
  const { model, classes } = await loadVisitorModel(given);
  forgetNetworks();
  models.push(model);
  visitor = { ...networkOf('your network', model), classes };
  source = given;
}

function isForDigits({ shape, classes }: Network): boolean {
  return shape.join() === '28,28,1' && classes.length === 10;
}

async function shipped(name: string, urls: { json: string; weights: string }, bounds?: Bounds): Promise<Network> {
  const files = { jsonPath: urls.json, pathOf: () => urls.weights, read: readShipped };
  const model = await loadModel(files, bounds && { bounds });
  models.push(model);
  return networkOf(name, model);
}

/** A file of this page. */
export async function readShipped(url: string): Promise<Uint8Array> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok)
    throw new Error('A network of this page did not arrive. Is the connection gone? Load the page again.');
  return new Uint8Array(await response.arrayBuffer());
}

function networkOf(name: string, model: ImageModel): Network {
  return {
    name,
    classify: model.classifier,
    layers: model.layers.map((layer) => ({ ...layer, probe: model.probe(layer.name) })),
    bounds: model.bounds,
    classes: [...(model.labels ?? [])],
    shape: model.inputShape,
    topology: model.topology,
    constants: model.constants,
  };
}
