// Registers the gradients, which tfjs-core in Node does not.
import '@tensorflow/tfjs-layers';

export * from './answer-later.ts';
export { type BackendName, backendsHere, startBackend, startStockWasm } from './backends/start-backend.ts';
export type { Algorithm, ConformanceCheck, Inputs } from './conformance/algorithm.ts';
export { conformance, conformanceChecks } from './conformance/conformance.ts';
export * from './constant-classifier.ts';
export * from './describe-on-backends.ts';
export * from './feature-detectors.ts';
export * from './linear-classifier.ts';
export * from './required.ts';
export * from './tiny-cnn.ts';
