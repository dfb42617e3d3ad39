// Load and save

// What they give
export type { Bounds, Classifier, Generator, Probe, Trainable } from '@cnnviz/internal';
// Adapt what is loaded
export { type ClassifierOptions, classifier } from './adapters/classifier.ts';
export type { EntryOptions } from './adapters/entrance.ts';
export { type LayersOfOptions, layersOf, type ModelLayer } from './adapters/layers-of.ts';
export {
  type Preprocessing,
  type PreprocessingName,
  preprocessings,
} from './adapters/preprocessing.ts';
export { type ProbeOptions, probe, probes } from './adapters/probe.ts';
export { type TrainableModel, type TrainableOptions, trainable } from './adapters/trainable.ts';
export { type DroppedFiles, droppedFiles, type FolderFile, filesOfDrop } from './files/dropped-files.ts';
export { fileSystem } from './files/file-system.ts';
export type { ModelFiles } from './files/model-files.ts';
export { type ModelSource, readModel } from './files/read-source.ts';
export type { FetchOptions } from './files/url-files.ts';
export {
  type ImageModel,
  type ImageModelOptions,
  imageModel,
  type MapLayer,
  type OutputFacts,
} from './image-model.ts';
export type { Labels } from './labels.ts';
export { type LoadedGenerator, loadGenerator } from './load-generator.ts';
export { type LoadModelOptions, loadModel } from './load-model.ts';
export type { GraphNode, GraphTopology } from './networks/graph-network.ts';
export type { AnyModel } from './networks/network-of.ts';
export { type SaveModelOptions, saveModel } from './save-model.ts';
