import { dispose, engine, getGradient } from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';

/** Throws where tfjs-core has no gradients registered, and says which import registers them. */
export function requireGradients(check: Check): void {
  if (getGradient('Sum') !== undefined) return;
  check.failBecause(
    'state',
    "needs gradients, and tfjs-core alone has none: add `import '@tensorflow/tfjs-layers'` (or `@tensorflow/tfjs`) to your program",
  );
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
