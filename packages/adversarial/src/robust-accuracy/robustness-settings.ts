import type { Bounds } from '@cnnviz/internal';
import type { Norm } from '../geometry/step-direction.ts';
import type { RobustAccuracy } from './robust-accuracy-result.ts';
import type { RobustnessAttack } from './robustness-attack.ts';

/** The options of `robustAccuracy` with their defaults. */
export interface RobustnessSettings {
  epsilon: number;
  bounds: Bounds;
  norm: Norm;
  seed: number;
  attacks: readonly RobustnessAttack[];
  level: number;
  smaller: RobustAccuracy | undefined;
}
