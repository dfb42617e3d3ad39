import { getGradient } from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';

/** Throws where tfjs-core has no gradients registered, and says which import registers them. */
export function requireGradients(check: Check): void {
  if (getGradient('Sum') !== undefined) return;
  check.failBecause(
    'state',
    "needs gradients, and tfjs-core alone has none: add `import '@tensorflow/tfjs-layers'` (or `@tensorflow/tfjs`) to your program",
  );
}
