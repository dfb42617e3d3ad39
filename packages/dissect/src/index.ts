// Weights

// Activations
export { type ActivationGridOptions, activationGrid } from './activation-grid.ts';
export {
  type CocoAnnotation,
  type CocoAnnotations,
  type CocoConceptsOptions,
  type CocoRunLengths,
  cocoConcepts,
} from './coco-concepts.ts';
export type { ColourPreference } from './colour-preference.ts';
export { type ConceptScenes, type ConceptScenesOptions, conceptScenes, type SceneTask } from './concept-scenes.ts';
// Labelled data
export type { Concept, ConceptData, ConceptImage, ConceptMap, ImageConcepts, ImageLabel } from './concepts.ts';
export type { ReadFile, WriteFile } from './files.ts';
export { type FilterGridOptions, filterGrid } from './filter-grid.ts';
export {
  type FilterRecord,
  type FilterStatistics,
  type FilterStatisticsOptions,
  filterStatistics,
} from './filter-statistics.ts';
export { type FolderConceptsOptions, folderConcepts } from './folder-concepts.ts';
export type { PreferredGrating } from './preferred-grating.ts';
// Receptive fields
export {
  type GraphNode,
  type GraphTopology,
  type LayersTopology,
  type LayerTopology,
  type ReceptiveField,
  type ReceptiveFieldOptions,
  receptiveField,
  type SlidingWindow,
} from './receptive-field.ts';
export type { SceneDescription, SceneObject, Weave } from './render-scene.ts';
export { type ShownImage, type TopActivationGridOptions, topActivationGrid } from './top-activation-grid.ts';
export {
  mergeTopActivations,
  type TopActivation,
  type TopActivations,
  type TopActivationsOptions,
  topActivations,
} from './top-activations.ts';
export { type UpsampleOptions, type Upsampling, upsample } from './upsample.ts';
export { type WriteBrodenOptions, writeBroden } from './write-broden.ts';
