export type { Bounds, Classifier, LongWork } from '@cnnviz/internal';
export type { AscentLoss } from './adaptive-ascent.ts';
export { type AutoPgdOptions, autoPgd } from './auto-pgd.ts';
// Attacks
export { type CarliniWagnerOptions, type CarliniWagnerResult, carliniWagner } from './carlini-wagner.ts';
export type { CriticalSampleRatio, CriticalSampleState } from './count-critical-samples.ts';
// Critical samples
export {
  type CriticalSampleBatchesOptions,
  criticalSampleBatches,
  type FoundInBatch,
} from './critical-sample-batches.ts';
export {
  type CriticalSampleRatioOptions,
  type CriticalSampleRatioProgress,
  criticalSampleRatio,
} from './critical-sample-ratio.ts';
export {
  type CriticalSampleSweepOptions,
  type CriticalSampleSweepProgress,
  criticalSampleSweep,
} from './critical-sample-sweep.ts';
export {
  type CriticalSamples,
  type CriticalSamplesOptions,
  type CriticalSamplesProgress,
  criticalSamples,
} from './critical-samples.ts';
export { type DeepFoolOptions, type DeepFoolResult, deepFool } from './deep-fool.ts';
export { type FgsmOptions, fgsm } from './fgsm.ts';
// Fooling images
export {
  type FirstIterations,
  type FoolingImages,
  type FoolingImagesOptions,
  type FoolingProgress,
  foolingImages,
} from './fooling-images.ts';
export { type MinimalFgsmOptions, type MinimalFgsmResult, minimalFgsm } from './minimal-fgsm.ts';
export { type MomentumPgdOptions, momentumPgd } from './momentum-pgd.ts';
export { type PgdOptions, pgd } from './pgd.ts';
export type { AttackProgress, AttackResult } from './projected-gradient.ts';
export type { L1Step, Norm } from './step-direction.ts';
export {
  type CriticalTrainingProgress,
  type CriticalTrainingRecord,
  type SeededTrainable,
  type TrainOnCriticalSamplesOptions,
  trainOnCriticalSamples,
} from './train-on-critical-samples.ts';
