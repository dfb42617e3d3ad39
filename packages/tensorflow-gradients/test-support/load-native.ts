import { createRequire } from 'node:module';
import { join } from 'node:path';

export const NATIVE_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** Registers the backend `tensorflow`, and `cpu`, if the workspace has it. */
export function loadNative(): boolean {
  const requireInstalled = createRequire(join(import.meta.dirname, '../../../package.json'));
  for (const name of NATIVE_PACKAGES) {
    let path: string;
    try {
      path = requireInstalled.resolve(name);
    } catch {
      continue;
    }
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // TensorFlow's errors, not its notes on the CPU.
    requireInstalled(path);
    return true;
  }
  return false;
}
