import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** The weights for which the loss was last finite. The caller disposes. */
export interface LastFiniteWeights {
  /** Runs a step of training. If it returns, the loss was finite for the weights from before. */
  during<T>(step: () => Promise<T>): Promise<T>;
  /** Gives the variables those weights back. */
  restore(): void;
  dispose(): void;
}

/**
 * Keeps the weights for which the loss was last finite, so that a training that diverges leaves a usable model.
 *
 * @param variables All that a step changes: weights, moving averages, counters.
 *
 * @example
 * const kept = lastFiniteWeights(variables);
 * await kept.during(async () => {
 *   if (!Number.isFinite(await loss())) kept.restore();
 * });
 * kept.dispose();
 */
export function lastFiniteWeights(variables: readonly Variable[]): LastFiniteWeights {
  let finite: readonly Tensor[] = [];
  let before: readonly Tensor[] = [];
  return {
    async during(step) {
      before = variables.map((variable) => tf.clone(variable));
      try {
        const result = await step();
        tf.dispose([...finite]);
        finite = before;
        return result;
      } catch (error) {
        tf.dispose([...before]);
        throw error;
      } finally {
        before = [];
      }
    },
    restore() {
      const kept = finite.length > 0 ? finite : before;
      for (const [index, weights] of kept.entries()) variables[index]!.assign(weights);
    },
    dispose() {
      tf.dispose([...finite]);
      finite = [];
    },
  };
}
