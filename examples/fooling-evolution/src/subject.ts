import type { Bounds, Classifier } from '@cnnviz/genetic';

/** A network to be fooled. */
export interface Subject {
  name: string;
  model: Classifier;
  shape: readonly [height: number, width: number, channels: number];
  bounds: Bounds;
  /** Name of each class. */
  classes: readonly string[];
  dispose(): void;
}
