export type {
  AnyClassifier,
  Batches,
  Bounds,
  ChartSpecification,
  Classifier,
  FailedImage,
  LabeledImages,
  LongWork,
  Trainable,
} from '@cnnviz/internal';

// Attacks

export type { AttackProgress, AttackResult } from './attacks/attack-result.ts';
export { type FgsmOptions, fgsm } from './attacks/fgsm.ts';
export { type MomentumPgdOptions, momentumPgd } from './attacks/momentum-pgd.ts';
export { type PgdOptions, pgd } from './attacks/pgd.ts';
export type { L1Step, Norm } from './geometry/step-direction.ts';

// The least perturbation

export { type CarliniWagnerOptions, type CarliniWagnerResult, carliniWagner } from './attacks/carlini-wagner.ts';
export { type DeepFoolOptions, type DeepFoolResult, deepFool } from './attacks/deep-fool.ts';
export { type MinimalFgsmOptions, type MinimalFgsmResult, minimalFgsm } from './attacks/minimal-fgsm.ts';

// Robust accuracy

export type { AscentLoss } from './attacks/adaptive-ascent.ts';
export { type AutoPgdOptions, autoPgd } from './attacks/auto-pgd.ts';
export { type SquareAttackOptions, type SquareAttackResult, squareAttack } from './attacks/square-attack.ts';
export type { RobustnessWarning, RobustnessWarningName } from './robust-accuracy/model-warnings.ts';
export { robustAccuracy } from './robust-accuracy/robust-accuracy.ts';
export type { RobustAccuracy } from './robust-accuracy/robust-accuracy-result.ts';
export type {
  AttackSettings,
  BlackBoxAttack,
  CustomAttack,
  RobustnessAttack,
  StandardAttack,
} from './robust-accuracy/robustness-attack.ts';
export type {
  BlackBoxAccuracyOptions,
  RobustAccuracyOptions,
  RobustAccuracyProgress,
} from './robust-accuracy/robustness-options.ts';
export type { RobustAccuracyState } from './robust-accuracy/robustness-state.ts';

// Critical samples

export type { CriticalSampleRatio, CriticalSampleState } from './critical-samples/count-critical-samples.ts';
export {
  type CriticalSampleBatchesOptions,
  criticalSampleBatches,
  type FoundInBatch,
} from './critical-samples/critical-sample-batches.ts';
export {
  type CriticalSampleRatioOptions,
  type CriticalSampleRatioProgress,
  criticalSampleRatio,
} from './critical-samples/critical-sample-ratio.ts';
export {
  type CriticalSampleSweepOptions,
  type CriticalSampleSweepProgress,
  criticalSampleSweep,
} from './critical-samples/critical-sample-sweep.ts';
export {
  type CriticalSamples,
  type CriticalSamplesOptions,
  type CriticalSamplesProgress,
  criticalSamples,
} from './critical-samples/critical-samples.ts';
export {
  type CriticalTrainingCheckpoint,
  type CriticalTrainingSums,
  decodeCriticalTrainingCheckpoint,
  encodeCriticalTrainingCheckpoint,
} from './critical-samples/critical-training-checkpoint.ts';
export { type CsrPoint, csrCurve } from './critical-samples/csr-curve.ts';
export {
  type CriticalTrainingMeasures,
  type CriticalTrainingProgress,
  type CriticalTrainingRecord,
  type SeededTrainable,
  type TrainOnCriticalSamplesOptions,
  trainOnCriticalSamples,
} from './critical-samples/train-on-critical-samples.ts';

// Fooling images

export { type FoolingImages, foolingImages } from './fooling-images/fooling-images.ts';
export type { FoolingImagesOptions, FoolingImagesProgress } from './fooling-images/fooling-options.ts';
export type { FirstSteps } from './fooling-images/track-targets.ts';

// Decisions around a sample

export {
  type DecisionMap,
  type DecisionMapOptions,
  type DecisionMapProgress,
  decisionMap,
} from './pictures/decision-map.ts';
export {
  type DecisionLegendEntry,
  type DecisionPicture,
  type DecisionPictureOptions,
  decisionPicture,
} from './pictures/decision-picture.ts';

// Pictures

export {
  type AdversarialStrip,
  type AdversarialStripOptions,
  adversarialStrip,
  type StripRow,
} from './pictures/adversarial-strip.ts';
export {
  type AmplifiedPerturbation,
  type AmplifyPerturbationOptions,
  amplifyPerturbation,
} from './pictures/amplify-perturbation.ts';
export { type FoolingGrid, type FoolingGridOptions, type FoolingLabel, foolingGrid } from './pictures/fooling-grid.ts';
export { type NamedPrediction, type Prediction, predict } from './pictures/predict.ts';
