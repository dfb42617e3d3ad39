import { registerTensorflowGradients } from '@cnnviz/tensorflow-gradients';
import { requireInstalled, resolveInstalled } from './installed.ts';

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

export function registerTensorflow(): void {
  const entry = resolveInstalled(packages);
  if (entry === undefined) throw new Error(`none of ${packages.join(', ')} is installed`);
  requireInstalled(entry);
  registerTensorflowGradients();
}
