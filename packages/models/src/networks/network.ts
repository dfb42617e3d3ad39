import type { Check } from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';

/** A place where a value can be read or put in: an input, or an output of a layer or node. */
export interface Place {
  readonly name: string;
  /** The layer's class or the node's operation. */
  readonly kind: string;
  /** Shape with the batch; null for an open size. Undefined if only a run can tell. */
  readonly shape: readonly (number | null)[] | undefined;
  /** True for an int32 input, which takes whole numbers. */
  readonly isWhole?: boolean;
}

/** Maps the values at the beginning of a route to those at its end, both in order. Called inside `tf.tidy`. */
export type Route = (values: readonly Tensor[], training: boolean) => Tensor[];

/** The adapters' view of a LayersModel or a GraphModel: it can be entered and left at any place. */
export interface Network {
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  /** All places but the inputs, in the order in which they are computed. */
  readonly places: readonly Place[];
  /** Finds an input or another place by name. */
  find(name: string): Place | undefined;
  /** The activation at the end of an output, and the place before its softmax. */
  ending(output: Place): Ending;
  /** The inputs on which `wanted` depends, except those that are `given`. */
  missingInputs(given: readonly Place[], wanted: readonly Place[]): Place[];
  /** The places that can be computed from what is `given`, without other inputs and without those that are `blocked`. */
  reachable(given: readonly Place[], blocked?: ReadonlySet<Place>): Place[];
  /** @throws Error if it cannot be computed in one synchronous pass. */
  route(check: Check, given: readonly Place[], wanted: readonly Place[]): Route;
}

export interface Ending {
  /** Name of the activation in tfjs-layers: `softmax`, `sigmoid`, `linear`, … */
  readonly activation: string;
  /** The input of the softmax; undefined if there is none. */
  readonly logits: Place | undefined;
}
