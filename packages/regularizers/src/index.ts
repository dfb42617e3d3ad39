export type {
  Batches,
  Bounds,
  ChartSpecification,
  KeptWeights,
  LabelledImages,
  OptimizerState,
  Trainable,
} from '@cnnviz/internal';
// Augmentation
export { augment } from './augment.ts';
export {
  type ApplyOptions,
  type Augmentation,
  type AugmentationParts,
  type Drawn,
  defineAugmentation,
  type ImagesShape,
} from './augmentation.ts';
// Capacity and generalization gap
export { type Capacity, capacity, type LayerCapacity } from './capacity.ts';
// Training
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type RunningSums } from './checkpoint.ts';
export { type ColorJitterOptions, type ColorParameters, colorJitter } from './color-jitter.ts';
// Randomization test
export { type CorruptLabelsOptions, corruptLabels } from './corrupt-labels.ts';
export {
  type ApplyConditionOptions,
  applyCondition,
  conditionName,
  type DataCondition,
  type TrainAndTest,
  zhangConditions,
} from './data-condition.ts';
// Dropout
export { type DropoutOptions, dropout, type SpatialDropoutOptions, spatialDropout } from './dropout.ts';
export {
  EarlyStopping,
  type EarlyStoppingCallback,
  type EarlyStoppingOptions,
  type EarlyStoppingState,
  earlyStoppingCallback,
  type StoppableModel,
} from './early-stopping.ts';
// Penalties
export { type ElasticNetPenaltyOptions, elasticNetPenalty } from './elastic-net-penalty.ts';
export { type Evaluable, type Evaluation, evaluate, type Loss } from './evaluate.ts';
export type { Padding } from './gather-pixels.ts';
export {
  type GaussianPixelsOptions,
  gaussianPixels,
  type PixelStatistics,
  pixelStatistics,
} from './gaussian-pixels.ts';
export { type GapRecord, generalizationGap, overfittingChart } from './generalization-gap.ts';
export type { ImageWindows } from './image-windows.ts';
export { isWeight, type WeightChoice } from './is-weight.ts';
export { type L1PenaltyOptions, l1Penalty } from './l1-penalty.ts';
export { type L2PenaltyOptions, l2Penalty } from './l2-penalty.ts';
export { labelSmoothing } from './label-smoothing.ts';
export { type Mixup, type MixupParameters, mixup, type SoftlyLabelledImages } from './mixup.ts';
export { type AffineParameters, type RandomAffineOptions, randomAffine } from './random-affine.ts';
export { type CropParameters, centerCrop, type RandomCropOptions, randomCrop } from './random-crop.ts';
export { type EraseParameters, type RandomEraseOptions, randomErase } from './random-erase.ts';
export { type MirrorParameters, type RandomMirrorOptions, randomMirror } from './random-mirror.ts';
export {
  corruptionChart,
  type RandomizationSummary,
  randomizationCurves,
  summarizeRuns,
} from './randomization-charts.ts';
export {
  type ModelRequest,
  type RandomizationProgress,
  type RandomizationRun,
  type RandomizationTestOptions,
  type Regularizer,
  randomizationTest,
} from './randomization-test.ts';
export {
  type RandomizePixelsOptions,
  randomizePixels,
  type ShufflePixelsOptions,
  shufflePixels,
} from './randomize-pixels.ts';
export { constantRate, cosineRate, exponentialRate, type Schedule, stepRate } from './schedule.ts';
export { shuffledBatches } from './shuffled-batches.ts';
export {
  type EpochRecord,
  type StoppedBy,
  type TrainableModel,
  type TrainOptions,
  type TrainProgress,
  type TrainResult,
  train,
} from './train.ts';
export { type DecayWeightsOptions, decayWeights, lambdaOfWeightDecay, weightDecayOfLambda } from './weight-decay.ts';
export { whiten } from './whiten.ts';
