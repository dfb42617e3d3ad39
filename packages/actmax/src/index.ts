export type { AnyClassifier, Bounds, Classifier, FailedImage, Generator, LongWork, Probe } from '@cnnviz/internal';

// Activation maximization

export {
  type AscentOptions,
  type AscentState,
  type AscentStep,
  activationSteps,
  type BestSoFar,
  type MaximizedActivation,
  NonFiniteActivationError,
} from './activation-steps.ts';
export { type MaximizeActivationOptions, maximizeActivation } from './maximize-activation.ts';

// Objectives

export { channel } from './channel.ts';
export { contentFrom } from './content-from.ts';
export { type DirectionOptions, direction } from './direction.ts';
export { diversity } from './diversity.ts';
export { layer } from './layer.ts';
export { logit } from './logit.ts';
export type { Activations, Objective, PreparedObjective } from './objective.ts';
export { logProbability, probability } from './probability.ts';
export { difference, sum, times } from './sum.ts';
export { type UnitOptions, unit } from './unit.ts';
export type { Units } from './wanted-units.ts';

// Parameterizations

export { type ColourMixing, colourMixing, imagenetColours } from './colour-mixing.ts';
export { type FourierOptions, type FourierParameterization, fourier } from './fourier.ts';
export { type CodeBox, type GeneratorOptions, generator } from './generator.ts';
export type { Parameterization } from './parameterization.ts';
export { type PhaseOptions, phase } from './phase.ts';
export { photographSpectrum } from './photograph-spectrum.ts';
export { type PixelsOptions, pixels } from './pixels.ts';
export { type MeanSpectrumOptions, meanSpectrum, type Spectrum } from './spectrum.ts';

// Optimizers

export { type AdamOptions, adam } from './adam.ts';
export { type NormalizedAscentOptions, normalizedAscent } from './normalized-ascent.ts';
export type { Optimizer, StepOfRun } from './optimizer.ts';

// Transforms

export { type CropOptions, crop } from './crop.ts';
export { jitter } from './jitter.ts';
export { noise } from './noise.ts';
export { pad } from './pad.ts';
export { resize } from './resize.ts';
export { type RobustnessOptions, robustness } from './robustness.ts';
export { rotate } from './rotate.ts';
export { scale } from './scale.ts';
export type { Transform, View, ViewTransform } from './transform.ts';

// Regularizers

export { type BlurOptions, blur } from './blur.ts';
export { type DecayOptions, decay } from './decay.ts';
export { type GaussianPriorOptions, gaussianPrior } from './gaussian-prior.ts';
export type { Regularizer } from './regularizer.ts';
export { type TotalVariationOptions, totalVariation } from './total-variation.ts';

// Learned generators

export { type CodeBounds, type CodeBoundsOptions, codeBounds, codeBoundsOf } from './code-bounds.ts';
export { addToCodeMoments, type CodeMoments, emptyCodeMoments, mergeCodeMoments } from './code-moments.ts';
export { type ConvolutionalDiscriminatorOptions, convolutionalDiscriminator } from './convolutional-discriminator.ts';
export type { AnyEncoder, Encoder } from './encoder.ts';
export {
  decodeGeneratorCheckpoint,
  encodeGeneratorCheckpoint,
  type GeneratorCheckpoint,
  type RunningLosses,
  restoreGenerator,
  type TrainedPart,
} from './generator-checkpoint.ts';
export type { GeneratorLossWeights } from './generator-losses.ts';
export {
  type GeneratorEpochRecord,
  type GeneratorLosses,
  type GeneratorSamples,
  type TrainGeneratorOptions,
  type TrainGeneratorProgress,
  trainGenerator,
} from './train-generator.ts';
export {
  type TrainableGenerator,
  type UpconvolutionalGeneratorOptions,
  upconvolutionalGenerator,
} from './upconvolutional-generator.ts';

// Synthesis by a generator, and how good it is

export { type DgnAmOptions, dgnAm } from './dgn-am.ts';
export { type NearestDistance, nearestDistances } from './nearest-distances.ts';
export { type PpgnOptions, ppgn } from './ppgn.ts';
export {
  type Synthesis,
  type SynthesisQualityOptions,
  type SynthesisQualityRow,
  synthesisQuality,
} from './synthesis-quality.ts';

// Pictures

export { filmStrip } from './film-strip.ts';
export { methodsGrid } from './methods-grid.ts';
export type { TiledBatchesOptions } from './tiled-batches.ts';
