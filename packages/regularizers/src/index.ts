export type {
  Batches,
  Bounds,
  ChartSpecification,
  KeptWeights,
  LabeledImages,
  OptimizerState,
  Trainable,
} from '@cnnviz/internal';

// Penalties

export { type ElasticNetPenaltyOptions, elasticNetPenalty } from './penalties/elastic-net-penalty.ts';
export { isWeight, type WeightChoice } from './penalties/is-weight.ts';
export { type L1PenaltyOptions, l1Penalty } from './penalties/l1-penalty.ts';
export { type L2PenaltyOptions, l2Penalty } from './penalties/l2-penalty.ts';
export {
  type DecayWeightsOptions,
  decayWeights,
  lambdaOfWeightDecay,
  weightDecayOfLambda,
} from './penalties/weight-decay.ts';

// Dropout

export { type DropoutOptions, dropout, type SpatialDropoutOptions, spatialDropout } from './dropout/dropout.ts';

// Augmentation

export { augment } from './augmentation/augment.ts';
export {
  type ApplyOptions,
  type Augmentation,
  type AugmentationParts,
  type Drawn,
  defineAugmentation,
  type ImagesShape,
} from './augmentation/augmentation.ts';
export { type ColorJitterOptions, type ColorParameters, colorJitter } from './augmentation/color-jitter.ts';
export type { Padding } from './augmentation/gather-pixels.ts';
export type { ImageWindows } from './augmentation/image-windows.ts';
export { type Mixup, type MixupParameters, mixup, type SoftlyLabeledImages } from './augmentation/mixup.ts';
export { type AffineParameters, type RandomAffineOptions, randomAffine } from './augmentation/random-affine.ts';
export { type CropParameters, centerCrop, type RandomCropOptions, randomCrop } from './augmentation/random-crop.ts';
export { type EraseParameters, type RandomEraseOptions, randomErase } from './augmentation/random-erase.ts';
export { type MirrorParameters, type RandomMirrorOptions, randomMirror } from './augmentation/random-mirror.ts';
export { whiten } from './augmentation/whiten.ts';
export { labelSmoothing } from './training/label-smoothing.ts';

// Training

export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type RunningSums } from './training/checkpoint.ts';
export {
  EarlyStopping,
  type EarlyStoppingCallback,
  type EarlyStoppingOptions,
  type EarlyStoppingState,
  earlyStoppingCallback,
  type StoppableModel,
} from './training/early-stopping.ts';
export { type Evaluable, type Evaluation, evaluate, type Loss } from './training/evaluate.ts';
export { constantRate, cosineRate, exponentialRate, type Schedule, stepRate } from './training/schedule.ts';
export { shuffledBatches } from './training/shuffled-batches.ts';
export { train } from './training/train.ts';
export type {
  EpochRecord,
  StoppedBy,
  TrainableModel,
  TrainOptions,
  TrainProgress,
  TrainResult,
} from './training/train-options.ts';

// Capacity and the generalization gap

export { type GapRecord, generalizationGap, overfittingChart } from './charts/generalization-gap.ts';
export { type Capacity, capacity, type LayerCapacity } from './randomization/capacity.ts';

// The randomization test

export {
  corruptionChart,
  type RandomizationSummary,
  randomizationCurves,
  summarizeRuns,
} from './charts/randomization-charts.ts';
export { type CorruptLabelsOptions, corruptLabels } from './randomization/corrupt-labels.ts';
export {
  type ApplyConditionOptions,
  applyCondition,
  conditionName,
  type DataCondition,
  type TrainAndTest,
  zhangConditions,
} from './randomization/data-condition.ts';
export {
  type GaussianPixelsOptions,
  gaussianPixels,
  type PixelStatistics,
  pixelStatistics,
} from './randomization/gaussian-pixels.ts';
export {
  type ModelRequest,
  type RandomizationProgress,
  type RandomizationRun,
  type RandomizationTestOptions,
  type RandomizationTestState,
  type Regularization,
  randomizationTest,
} from './randomization/randomization-test.ts';
export {
  type RandomizePixelsOptions,
  randomizePixels,
  type ShufflePixelsOptions,
  shufflePixels,
} from './randomization/randomize-pixels.ts';
