import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';

/** What is used of onnxruntime; all of its packages have it. */
export interface Runtime {
  InferenceSession: { create(file: Uint8Array): Promise<InferenceSession> };
  Tensor: TensorConstructor;
}

export const runtimeNames = ['onnxruntime-node', 'onnxruntime-web'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/**
 * Opens onnxruntime: its native package where it is installed, else the one on WebAssembly, which comes with this example.
 *
 * @param name That one and no other.
 * @throws Error that says how to install the native one where it was asked for and is missing.
 */
export async function openRuntime(name?: RuntimeName): Promise<{ name: RuntimeName; runtime: Runtime }> {
  if (name === 'onnxruntime-web') return { name, runtime: await onWebAssembly() };
  try {
    return { name: 'onnxruntime-node', runtime: await native() };
  } catch (cause) {
    if (name === undefined) return { name: 'onnxruntime-web', runtime: await onWebAssembly() };
    throw new Error(
      `onnxruntime-node does not start: npx --yes pnpm@10.34.9 --filter @cnnviz/example-onnx add --ignore-scripts onnxruntime-node installs it`,
      { cause },
    );
  }
}

async function native(): Promise<Runtime> {
  // Not among the dependencies, so that its types are not there either.
  const name: string = 'onnxruntime-node';
  return (await import(name)) as Runtime;
}

function onWebAssembly(): Promise<Runtime> {
  return import('onnxruntime-web');
}
