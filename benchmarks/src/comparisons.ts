import { compareAscents } from './ascents.ts';
import { compareAttacks } from './attacks.ts';
import { compareDissections } from './dissection.ts';
import { compareKernels } from './kernels.ts';
import { compareMapElites } from './map-elites.ts';
import { compareOneMax } from './one-max.ts';
import { compareRastrigin } from './rastrigin.ts';
import type { Setting } from './row.ts';

interface Comparison {
  /** False if no tensor is involved: the comparison then runs once, not on each backend. */
  usesBackend: boolean;
  run: (setting: Setting) => Promise<void>;
}

export const comparisons: Record<string, Comparison> = {
  attacks: { usesBackend: true, run: compareAttacks },
  ascents: { usesBackend: true, run: compareAscents },
  dissection: { usesBackend: true, run: compareDissections },
  'map-elites': { usesBackend: true, run: compareMapElites },
  kernels: { usesBackend: true, run: compareKernels },
  'one-max': { usesBackend: false, run: compareOneMax },
  rastrigin: { usesBackend: false, run: compareRastrigin },
};
