export type { AnyProbe, ChartSpecification, Probe } from '@cnnviz/internal';
// Weights

// Activations
export { type ActivationGridOptions, activationGrid } from './activation-grid.ts';
export { type BootstrapIntervalsOptions, bootstrapIntervals } from './bootstrap-intervals.ts';
// Statistics
export { chanceLevel } from './chance-level.ts';
export { ChanceTally, type ChanceTallyOptions, type ChanceTallyState, type LabelledMasks } from './chance-tally.ts';
export {
  type CocoAnnotation,
  type CocoAnnotations,
  type CocoConceptsOptions,
  type CocoRunLengths,
  cocoConcepts,
} from './coco-concepts.ts';
export type { ColourPreference } from './colour-preference.ts';
// Comparisons
export {
  type CategoryComparison,
  type ComparedDissection,
  type ConceptComparison,
  compareDissections,
  type DissectionComparison,
  type DissectionNames,
  type LayerComparison,
} from './compare-dissections.ts';
export { conceptHistogram, uniqueDetectorsChart } from './comparison-charts.ts';
export { type ConceptScenes, type ConceptScenesOptions, conceptScenes, type SceneTask } from './concept-scenes.ts';
// Labelled data
export type { Concept, ConceptData, ConceptImage, ConceptMap, ImageConcepts, ImageLabel } from './concepts.ts';
export type { ExifOrientation } from './decode-image.ts';
export {
  type AnyLayersProbe,
  type ChanceIous,
  type ChanceOptions,
  type DissectedUnit,
  type Dissection,
  type DissectionProgress,
  type DissectionState,
  type DissectLayersOptions,
  type DissectOptions,
  dissect,
  dissectLayers,
  type LayerActivations,
  type LayerMasks,
  type LayersProbe,
} from './dissect.ts';
export { type DissectionReportOptions, dissectionReport } from './dissection-report.ts';
export {
  type DissectionShard,
  type DissectShardOptions,
  dissectShard,
  type MergeShardsOptions,
  mergeShards,
  type ShardProgress,
} from './dissection-shards.ts';
export {
  type DissectionStatistics,
  type DissectionStatisticsOptions,
  dissectionStatistics,
  type UnitChance,
  type UnitStatistics,
} from './dissection-statistics.ts';
export {
  type ConceptMatch,
  DissectionTally,
  type DissectionTallyOptions,
  type DissectionTallyState,
  type ImageCounts,
  intersectionOverUnion,
  type UnitMatches,
} from './dissection-tally.ts';
export {
  type Dependence,
  type Discoveries,
  type FalseDiscoveryRateOptions,
  falseDiscoveryRate,
} from './false-discovery-rate.ts';
export type { ReadFile, WriteFile } from './files.ts';
export { type FilterGridOptions, filterGrid } from './filter-grid.ts';
export {
  type FilterRecord,
  type FilterStatistics,
  type FilterStatisticsOptions,
  filterStatistics,
} from './filter-statistics.ts';
export { type FolderConceptsOptions, folderConcepts } from './folder-concepts.ts';
export type { RepeatedLabels } from './label-slots.ts';
export { maskOfRuns } from './mask-runs.ts';
export { type OpenBrodenOptions, openBroden } from './open-broden.ts';
export type { PreferredGrating } from './preferred-grating.ts';
export { type RandomRotationOptions, type Rotation, randomRotation } from './random-rotation.ts';
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
export { rotateUnits } from './rotate-units.ts';
export type { SavedOptions } from './saved-options.ts';
export {
  parseTallyCsv,
  type TallyMatch,
  type TallyRecord,
  type TallyTable,
  type TallyUnit,
  tallyCsv,
  tallyRecords,
} from './tally-table.ts';
export { type ShownImage, type TopActivationGridOptions, topActivationGrid } from './top-activation-grid.ts';
export { mergeTopActivations, type TopActivationsOptions, topActivations } from './top-activations.ts';
export {
  type TopActivation,
  type TopActivations,
  TopActivationsTally,
  type TopActivationsTallyOptions,
} from './top-activations-tally.ts';
export type { TopImage, TopImagesState } from './top-images.ts';
export { detectorsOverSteps, transitionsChart, unitTracksChart } from './track-charts.ts';
export {
  type DissectedStep,
  type StepSummary,
  trackUnits,
  type UnitAtStep,
  type UnitTrack,
  type UnitTracks,
  type UnitTransition,
  unitTransitions,
} from './track-units.ts';
export {
  type CategoryDetectors,
  type DetectorUnit,
  type UniqueDetectors,
  uniqueDetectors,
} from './unique-detectors.ts';
export { mapsAbove, type SparseMaps, type UnitMasks, unitMasks } from './unit-masks.ts';
export {
  UnitThresholds,
  type UnitThresholdsOptions,
  type UnitThresholdsResult,
  type UnitThresholdsState,
} from './unit-thresholds.ts';
export { type UpsampleOptions, type Upsampling, upsample } from './upsample.ts';
export { type WriteBrodenOptions, writeBroden } from './write-broden.ts';
