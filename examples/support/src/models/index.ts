export { type AccuracyProgress, accuracy } from './accuracy.ts';
export {
  type ImageModel,
  type ImageModelOptions,
  imageModelOfLayers,
  type ProbeLayer,
} from './image-model.ts';
export { loadSqueezeNet, loadTinyDarknet } from './imagenet-models.ts';
export { countParameters, initializeKernels, type KernelScheme } from './initialize-kernels.ts';
export { lenet } from './lenet.ts';
export { type LoadedGenerator, loadGenerator } from './load-generator.ts';
export { loadModel } from './load-model.ts';
export { LocalResponseNormalization, type LocalResponseNormalizationConfig } from './local-response-normalization.ts';
export { type MultilayerPerceptronOptions, multilayerPerceptron } from './multilayer-perceptron.ts';
export type { NetworkOptions } from './network-options.ts';
export { perceptronWithDropout } from './perceptron-with-dropout.ts';
export type { Preprocessing } from './preprocessing.ts';
export { type SaveModelOptions, saveModel } from './save-model.ts';
export { smallAlexNet } from './small-alexnet.ts';
export { type SmallInceptionOptions, smallInception } from './small-inception.ts';
export { type LearningCurvePoint, type TrainModelOptions, type TrainModelProgress, trainModel } from './train-model.ts';
export { trainable } from './trainable.ts';
