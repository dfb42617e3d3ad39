import { dispose, engine, getBackend, getGradient, getKernel, type KernelFunc } from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';

/**
 * Throws where gradients cannot be had or would be wrong, and says what to add to the program: tfjs-core alone has no
 * gradients registered, and the wasm backend needs the kernels of `@cnnviz/wasm-gradients`.
 */
export function requireGradients(check: Check): void {
  if (getGradient('Sum') === undefined) {
    check.failBecause(
      'state',
      "needs gradients, and tfjs-core alone has none: add `import '@tensorflow/tfjs-layers'` (or `@tensorflow/tfjs`) to your program",
    );
  }
  if (getBackend() === 'wasm') requireWasmGradients(check);
}

/** What `registerWasmGradients` leaves on its kernels, whichever copy of the package they are of. */
const wasmGradients = Symbol.for('@cnnviz/wasm-gradients');

type MarkedKernel = KernelFunc & { [wasmGradients]?: () => void };

function requireWasmGradients(check: Check): void {
  // The stock backend has this kernel, too, and it is one of those that are wrong.
  const kernel = getKernel('MaxPoolGrad', 'wasm')?.kernelFunc as MarkedKernel | undefined;
  const keepGradients = kernel?.[wasmGradients];
  if (keepGradients === undefined) {
    check.failBecause(
      'state',
      "needs gradients, and the wasm backend computes some wrongly and lacks others: run `npm install @cnnviz/wasm-gradients` and add `import { registerWasmGradients } from '@cnnviz/wasm-gradients'; registerWasmGradients();` to your program",
    );
  }
  // A later import of tfjs may have registered its own gradients over those of the package.
  keepGradients();
}

/**
 * Runs a `tf.grad`, `tf.valueAndGrad` or `tf.variableGrads` so that a throw inside leaves no tensor behind: what tfjs
 * saved for the backward pass is out of reach of `tf.tidy`.
 *
 * @example
 * const { value, grad } = disposeTapeOnThrow(() => tf.valueAndGrad(loss)(images));
 */
export function disposeTapeOnThrow<T>(differentiate: () => T): T {
  try {
    return differentiate();
  } catch (error) {
    const { activeTape, gradientDepth } = engine().state;
    // A gradient around this one still needs its tape.
    if (gradientDepth === 0) for (const node of activeTape ?? []) dispose(node.saved);
    throw error;
  }
}
