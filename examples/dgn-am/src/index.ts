export { drawWhatUnitsWant, firstImages, halves } from './experiment.ts';
export { imagesOnly } from './images-only.ts';
export { learnGenerator } from './learn-generator.ts';
export { largestOutputs, learnJudge } from './networks.ts';
export { METHODS, type Method, type Synthesized, synthesize } from './synthesize-classes.ts';
