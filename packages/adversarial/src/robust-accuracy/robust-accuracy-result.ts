import type { Norm } from '../geometry/step-direction.ts';
import type { RobustnessWarning } from './model-warnings.ts';

export interface RobustAccuracy {
  epsilon: number;
  norm: Norm;
  /** Images in all. */
  total: number;
  /** Images that the model classifies correctly. */
  correct: number;
  /** Images that it classifies correctly whatever was tried. */
  robust: number;
  /** `correct / total`. */
  cleanAccuracy: number;
  /** `robust / total`. */
  accuracy: number;
  /** Wilson's interval of `accuracy`. */
  interval: [low: number, high: number];
  /** The attacks in order: how many images each was the first to break, and how many were left standing after it. */
  attacks: { name: string; broken: number; standing: number }[];
  /** For each image the first attack that broke it, `'clean'` if the model was wrong about it, `null` if it stands. */
  brokenBy: (string | null)[];
  /** Signs that the model is not one that these attacks can judge. */
  warnings: RobustnessWarning[];
}
