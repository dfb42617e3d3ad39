export type { AnyProbe, ChartSpecification, Probe } from '@cnnviz/internal';

// Filters

export { type FilterGridOptions, filterGrid } from './filters/filter-grid.ts';

// Filter statistics

export type { ColorPreference } from './filters/color-preference.ts';
export {
  type FilterRecord,
  type FilterStatistics,
  type FilterStatisticsOptions,
  filterStatistics,
} from './filters/filter-statistics.ts';
export type { PreferredGrating } from './filters/preferred-grating.ts';

// Activations

export { type ActivationGridOptions, activationGrid } from './pictures/activation-grid.ts';
export {
  type ShownImage,
  type TopActivationGridOptions,
  type TopActivationGridProgress,
  topActivationGrid,
} from './pictures/top-activation-grid.ts';
export {
  mergeTopActivations,
  type TopActivationsOptions,
  type TopActivationsProgress,
  topActivations,
} from './tallies/top-activations.ts';
export {
  type TopActivation,
  type TopActivations,
  type TopActivationsState,
  TopActivationsTally,
  type TopActivationsTallyOptions,
} from './tallies/top-activations-tally.ts';

// Receptive fields

export {
  type FieldGraph,
  type FieldGraphNode,
  type LayersTopology,
  type LayerTopology,
  type ReceptiveField,
  type ReceptiveFieldOptions,
  receptiveField,
  type SlidingWindow,
} from './receptive-field/receptive-field.ts';
export { type UpsampleOptions, type Upsampling, upsample } from './receptive-field/upsample.ts';

// Network Dissection

export { dissect, dissectLayers } from './dissection/dissect.ts';
export {
  type DissectionShard,
  type DissectShardOptions,
  dissectShard,
  type MasksShard,
  type ShardProgress,
  type ThresholdsShard,
} from './dissection/dissect-shard.ts';
export type { ChanceIous, DissectedUnit, Dissection } from './dissection/dissection.ts';
export type {
  AnyLayersProbe,
  ChanceOptions,
  DissectLayersOptions,
  DissectOptions,
  LayerActivations,
  LayerMasks,
  LayersProbe,
  SharedDissectionOptions,
} from './dissection/dissection-options.ts';
export type {
  DissectionPhase,
  DissectionProgress,
  DissectionSettings,
  DissectionState,
  ResumableWork,
} from './dissection/dissection-state.ts';
export { type MergeShardsOptions, mergeShards } from './dissection/merge-shards.ts';
export {
  type CategoryDetectors,
  type DetectorUnit,
  type UniqueDetectors,
  uniqueDetectors,
} from './statistics/unique-detectors.ts';
export {
  type ConceptMatch,
  DissectionTally,
  type DissectionTallyOptions,
  type DissectionTallyState,
  type ImageCounts,
  intersectionOverUnion,
  type UnitMatches,
} from './tallies/dissection-tally.ts';
export { maskOfRuns } from './tallies/mask-runs.ts';
export type { TopImage, TopImagesState } from './tallies/top-images.ts';
export { type UnitMasks, type UnitMasksOptions, unitMasks } from './tallies/unit-masks.ts';
export {
  UnitThresholds,
  type UnitThresholdsOptions,
  type UnitThresholdsResult,
  type UnitThresholdsState,
} from './tallies/unit-thresholds.ts';

// How far an IoU can be trusted

export { type BootstrapIntervalsOptions, bootstrapIntervals } from './statistics/bootstrap-intervals.ts';
export { chanceLevel } from './statistics/chance-level.ts';
export {
  type DissectionStatistics,
  type DissectionStatisticsOptions,
  dissectionStatistics,
  type UnitChance,
  type UnitStatistics,
} from './statistics/dissection-statistics.ts';
export {
  type Dependence,
  type Discoveries,
  type FalseDiscoveryRateOptions,
  falseDiscoveryRate,
} from './statistics/false-discovery-rate.ts';
export {
  ChanceTally,
  type ChanceTallyOptions,
  type ChanceTallyState,
  type LabeledMasks,
} from './tallies/chance-tally.ts';

// Random rotations

export { type RandomRotationOptions, type Rotation, randomRotation } from './statistics/random-rotation.ts';
export { rotateUnits } from './statistics/rotate-units.ts';

// Comparisons

export { conceptHistogram, uniqueDetectorsChart } from './report/comparison-charts.ts';
export { detectorsOverSteps, transitionsChart, unitTracksChart } from './report/track-charts.ts';
export {
  type CategoryComparison,
  type ComparedDissection,
  type ConceptComparison,
  compareDissections,
  type DissectionComparison,
  type DissectionNames,
  type LayerComparison,
} from './statistics/compare-dissections.ts';
export {
  type DissectedStep,
  type StepSummary,
  trackUnits,
  type UnitAtStep,
  type UnitTrack,
  type UnitTracks,
  type UnitTransition,
  unitTransitions,
} from './statistics/track-units.ts';

// Report and tables

export { type DissectionReportOptions, dissectionReport, type ReportProgress } from './report/dissection-report.ts';
export {
  parseTallyCsv,
  type TallyMatch,
  type TallyRecord,
  type TallyTable,
  type TallyUnit,
  tallyCsv,
  tallyRecords,
} from './report/tally-table.ts';

// Broden

export type { RepeatedLabels } from './data/label-slots.ts';
export { type OpenBrodenOptions, openBroden } from './data/open-broden.ts';

// Labeled images of your own

export {
  type CocoAnnotation,
  type CocoAnnotations,
  type CocoConceptsOptions,
  type CocoRunLengths,
  cocoConcepts,
} from './data/coco-concepts.ts';
export type { Concept, ConceptData, ConceptImage, ConceptMap, ImageConcepts, ImageLabel } from './data/concepts.ts';
export type { ExifOrientation } from './data/decode-image.ts';
export type { ReadFile, WriteFile } from './data/files.ts';
export { type FolderConceptsOptions, folderConcepts } from './data/folder-concepts.ts';
export { type WriteBrodenOptions, type WriteBrodenProgress, writeBroden } from './data/write-broden.ts';
export {
  type ConceptScenes,
  type ConceptScenesOptions,
  conceptScenes,
  type SceneTask,
} from './scenes/concept-scenes.ts';
export type { SceneDescription, SceneObject, Weave } from './scenes/render-scene.ts';
