import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

/** Gives the output of a model for the current images. Each model runs once, however many objectives ask for its output. */
export type Activations = <T extends Tensor>(model: (images: Tensor4D) => T) => T;

/**
 * What the images are to maximize. `logit`, `unit`, `channel` and the like make objectives, `sum`, `difference` and `times`
 * combine them, and your own are objects of this form.
 */
export interface Objective {
  /** As errors call it. */
  readonly name: string;
  /** How many images it is for, if each has a unit, class or image of its own. Default: any number. */
  readonly count?: number | undefined;
  /** Whether the score of an image depends on the images beside it, as `diversity` does. Default: false. */
  readonly coupled?: boolean | undefined;
  /**
   * Called once, within `tf.tidy`, before the first gradient: the place to check that the units exist, and to make
   * constants.
   *
   * @param activations Of the images that the run starts from.
   * @param count How many images there will be.
   * @throws RangeError if a unit does not exist, or the objective is not for `count` images.
   */
  prepare(activations: Activations, count: number): PreparedObjective;
}

export interface PreparedObjective {
  /** The score of each image, `[n]`, differentiable; runs within `tf.tidy`. */
  score(activations: Activations): Tensor1D;
  /** Tensors that `score` needs in each step. They are disposed when the run ends. */
  readonly held: readonly Tensor[];
}

/** Asks for the output of each model once. */
export function rememberedActivations(run: (model: (images: Tensor4D) => Tensor) => Tensor): Activations {
  const outputs = new Map<unknown, Tensor>();
  return <T extends Tensor>(model: (images: Tensor4D) => T): T => {
    const output = outputs.get(model) ?? run(model);
    outputs.set(model, output);
    return output as T;
  };
}
