import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { registerTensorflowGradients } from '@cnnviz/tensorflow-gradients';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.ts';
import { installed } from './installed.ts';

/** What is read of tfjs-node's backend. */
interface NativeBackend {
  isGPUPackage?: boolean;
  isUsingGpuDevice?: boolean;
}

interface StartTensorflowOptions {
  /** Path of an installed package, `undefined` if it is not installed. Default {@link installed}. */
  resolve?: (packageName: string) => string | undefined;
  /** Loads the package at a path, which registers the backend `tensorflow`. Default `require`. */
  load?: (path: string) => void;
  /** The backend that was started. Default: TensorFlow.js' current one. */
  started?: () => NativeBackend;
}

export async function startTensorflow(
  packageName: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu',
  {
    resolve = installed,
    load = (path) => createRequire(import.meta.url)(path),
    started = () => tf.backend() as NativeBackend,
  }: StartTensorflowOptions = {},
): Promise<string> {
  const path = resolve(packageName);
  if (path === undefined) throw new Error(`${packageName} is not installed`);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // TensorFlow's errors, not its notes on the CPU.
  // Both packages register the one name `tensorflow`; where the GPU one found no GPU it stays and serves the CPU.
  if (tf.findBackendFactory('tensorflow') === null) load(path);
  registerTensorflowGradients();
  await activate('tensorflow');
  const { isUsingGpuDevice } = started();
  if (packageName === '@tensorflow/tfjs-node-gpu') {
    if (!isUsingGpuDevice) throw new Error('TensorFlow found no CUDA GPU');
    return 'CUDA GPU';
  }
  return `native library, ${cpus().length} threads`;
}
