export type {
  AnyClassifier,
  Batches,
  Bounds,
  ChartSpecification,
  Classifier,
  FailedImage,
  LabelledImages,
  LongWork,
  Trainable,
} from '@cnnviz/internal';

// Attacks

export type { AscentLoss } from './adaptive-ascent.ts';
export { type AutoPgdOptions, autoPgd } from './auto-pgd.ts';
export { type CarliniWagnerOptions, type CarliniWagnerResult, carliniWagner } from './carlini-wagner.ts';
export { type DeepFoolOptions, type DeepFoolResult, deepFool } from './deep-fool.ts';
export { type FgsmOptions, fgsm } from './fgsm.ts';
export { type MinimalFgsmOptions, type MinimalFgsmResult, minimalFgsm } from './minimal-fgsm.ts';
export { type MomentumPgdOptions, momentumPgd } from './momentum-pgd.ts';
export { type PgdOptions, pgd, type RandomStart } from './pgd.ts';
export type { AttackProgress, AttackResult } from './projected-gradient.ts';
export { type SquareAttackOptions, type SquareAttackResult, squareAttack } from './square-attack.ts';
export type { L1Step, Norm } from './step-direction.ts';

// Robust accuracy

export type { RobustnessWarning, RobustnessWarningName } from './model-warnings.ts';
export {
  type BlackBoxAccuracyOptions,
  type RobustAccuracy,
  type RobustAccuracyOptions,
  type RobustAccuracyProgress,
  type RobustAccuracyState,
  robustAccuracy,
} from './robust-accuracy.ts';
export type {
  AttackSettings,
  BlackBoxAttack,
  CustomAttack,
  RobustnessAttack,
  StandardAttack,
} from './robustness-attack.ts';

// Critical samples

export type { CriticalSampleRatio, CriticalSampleState } from './count-critical-samples.ts';
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
export { type CsrPoint, csrCurve } from './csr-curve.ts';
export {
  type CriticalTrainingProgress,
  type CriticalTrainingRecord,
  type SeededTrainable,
  type TrainOnCriticalSamplesOptions,
  trainOnCriticalSamples,
} from './train-on-critical-samples.ts';

// Fooling images

export {
  type FirstIterations,
  type FoolingImages,
  type FoolingImagesOptions,
  type FoolingProgress,
  foolingImages,
} from './fooling-images.ts';

// Pictures

export {
  type AdversarialStrip,
  type AdversarialStripOptions,
  adversarialStrip,
  type StripRow,
} from './adversarial-strip.ts';
export {
  type AmplifiedPerturbation,
  type AmplifyPerturbationOptions,
  amplifyPerturbation,
} from './amplify-perturbation.ts';
export { type DecisionMap, type DecisionMapOptions, type DecisionMapProgress, decisionMap } from './decision-map.ts';
export {
  type DecisionLegendEntry,
  type DecisionPicture,
  type DecisionPictureOptions,
  decisionPicture,
} from './decision-picture.ts';
export { type FoolingGrid, type FoolingGridOptions, type FoolingLabel, foolingGrid } from './fooling-grid.ts';
export { type NamedPrediction, type Prediction, predict } from './predict.ts';
