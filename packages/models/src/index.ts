export type { Bounds, Classifier, Generator, Probe, Trainable } from '@cnnviz/internal';

// Load and save

export { type LoadedGenerator, loadGenerator } from './storage/load-generator.ts';
export { type LoadModelOptions, loadModel } from './storage/load-model.ts';
export { type SaveModelOptions, saveModel } from './storage/save-model.ts';

// Read model files

export { type DroppedFiles, droppedFiles, type FolderFile, filesOfDrop } from './files/dropped-files.ts';
export { fileSystem } from './files/file-system.ts';
export type { ModelFiles } from './files/model-files.ts';
export { type ModelSource, readModel } from './files/read-source.ts';
export type { FetchOptions } from './files/url-files.ts';

// Use a loaded model

export { type ClassifierOptions, classifier } from './adapters/classifier.ts';
export type { EntryOptions } from './adapters/entrance.ts';
export {
  type ImageModel,
  type ImageModelOptions,
  imageModel,
  type MapLayer,
  type OutputFacts,
} from './adapters/image-model.ts';
export { type LayersOfOptions, layersOf, type ModelLayer } from './adapters/layers-of.ts';
export { type ProbeOptions, probe, probes } from './adapters/probe.ts';
export { type TrainableNetwork, type TrainableOptions, trainable } from './adapters/trainable.ts';
export type { GraphNode, GraphTopology } from './networks/graph-network.ts';
export type { AnyModel } from './networks/network-of.ts';

// Preprocessing and labels

export type { Labels } from './adapters/labels.ts';
export { type Preprocessing, type PreprocessingName, preprocessings } from './adapters/preprocessing.ts';

// Missing gradients

export { registerMissingGradients } from '@cnnviz/internal';
