export type {
  AnyClassifier,
  Bounds,
  Classifier,
  FailedImage,
  Generator,
  LongWork,
  Probe,
  TrainedPart,
} from '@cnnviz/internal';

// Activation maximization

export { type AscentStep, activationSteps, type MaximizedActivation } from './ascent/activation-steps.ts';
export type { AscentOptions } from './ascent/ascent-options.ts';
export type { AscentState, BestSoFar } from './ascent/ascent-state.ts';
export { NonFiniteActivationError } from './ascent/give-up-failing.ts';
export { type MaximizeActivationOptions, maximizeActivation } from './ascent/maximize-activation.ts';

// Objectives

export { channel } from './objectives/channel.ts';
export { contentFrom } from './objectives/content-from.ts';
export { type DirectionOptions, direction } from './objectives/direction.ts';
export { diversity } from './objectives/diversity.ts';
export { layer } from './objectives/layer.ts';
export { logit } from './objectives/logit.ts';
export type { Activations, Objective, PreparedObjective } from './objectives/objective.ts';
export { logProbability, probability } from './objectives/probability.ts';
export { difference, sum, times } from './objectives/sum.ts';
export { type UnitOptions, unit } from './objectives/unit.ts';
export type { Units } from './objectives/wanted-units.ts';

// Parameterizations

export { type ColorMixing, colorMixing, imagenetColors } from './parameterizations/color-mixing.ts';
export { type FourierOptions, type FourierParameterization, fourier } from './parameterizations/fourier.ts';
export { type CodeBox, type GeneratorOptions, generator } from './parameterizations/generator.ts';
export type { Parameterization } from './parameterizations/parameterization.ts';
export { type PhaseOptions, phase } from './parameterizations/phase.ts';
export { photographSpectrum } from './parameterizations/photograph-spectrum.ts';
export { type PixelsOptions, pixels } from './parameterizations/pixels.ts';
export { type MeanSpectrumOptions, meanSpectrum, type Spectrum } from './parameterizations/spectrum.ts';

// Optimizers

export { type AdamOptions, adam } from './optimizers/adam.ts';
export { type NormalizedAscentOptions, normalizedAscent } from './optimizers/normalized-ascent.ts';
export type { Optimizer, StepOfRun } from './optimizers/optimizer.ts';

// Transforms

export { type CropOptions, crop } from './transforms/crop.ts';
export { type JitterOptions, jitter } from './transforms/jitter.ts';
export { type NoiseOptions, noise } from './transforms/noise.ts';
export { type PadOptions, pad } from './transforms/pad.ts';
export { type ResizeOptions, resize } from './transforms/resize.ts';
export { type RobustnessOptions, robustness } from './transforms/robustness.ts';
export { type RotateOptions, rotate } from './transforms/rotate.ts';
export { type ScaleOptions, scale } from './transforms/scale.ts';
export type { Transform, View, ViewTransform } from './transforms/transform.ts';

// Regularizers

export { type BlurOptions, blur } from './regularizers/blur.ts';
export { type DecayOptions, decay } from './regularizers/decay.ts';
export { type GaussianPriorOptions, gaussianPrior } from './regularizers/gaussian-prior.ts';
export type { Regularizer } from './regularizers/regularizer.ts';
export { type TotalVariationOptions, totalVariation } from './regularizers/total-variation.ts';

// Learned generators

export { type CodeBounds, type CodeBoundsOptions, codeBounds, codeBoundsOf } from './generators/code-bounds.ts';
export { addToCodeMoments, type CodeMoments, emptyCodeMoments, mergeCodeMoments } from './generators/code-moments.ts';
export {
  type ConvolutionalDiscriminatorOptions,
  convolutionalDiscriminator,
} from './generators/convolutional-discriminator.ts';
export type { AnyEncoder, Encoder } from './generators/encoder.ts';
export {
  decodeGeneratorCheckpoint,
  encodeGeneratorCheckpoint,
  type GeneratorCheckpoint,
  type RunningLosses,
  restoreGenerator,
} from './generators/generator-checkpoint.ts';
export type { GeneratorLossWeights } from './generators/generator-losses.ts';
export {
  type GeneratorEpochRecord,
  type GeneratorLosses,
  type GeneratorSamples,
  type TrainGeneratorOptions,
  type TrainGeneratorProgress,
  trainGenerator,
} from './generators/train-generator.ts';
export {
  type TrainableGenerator,
  type UpconvolutionalGeneratorOptions,
  upconvolutionalGenerator,
} from './generators/upconvolutional-generator.ts';

// Synthesis by a generator, and how good it is

export { type NearestDistance, nearestDistances } from './quality/nearest-distances.ts';
export {
  type Synthesis,
  type SynthesisQualityOptions,
  type SynthesisQualityRow,
  synthesisQuality,
} from './quality/synthesis-quality.ts';
export { type DgnAmOptions, dgnAm } from './synthesis/dgn-am.ts';
export { type PpgnOptions, ppgn } from './synthesis/ppgn.ts';

// Pictures

export { filmStrip } from './pictures/film-strip.ts';
export { methodsGrid } from './pictures/methods-grid.ts';
export type { TiledBatchesOptions } from './pictures/tiled-batches.ts';
