export type { Bounds, Classifier, LongWork } from '@cnnviz/internal';

// Attacks
export { type FgsmOptions, fgsm } from './fgsm.ts';
// Fooling images
export {
  type FirstIterations,
  type FoolingImages,
  type FoolingImagesOptions,
  type FoolingProgress,
  foolingImages,
} from './fooling-images.ts';
export type { L1Step, Norm } from './step-direction.ts';
