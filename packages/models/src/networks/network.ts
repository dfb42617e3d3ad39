import type { Check } from '@cnnviz/internal';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Where a value can be read or put in: an input, or what a layer or a node gives. */
export interface Place {
  readonly name: string;
  /** Class of the layer, or operation of the node. */
  readonly kind: string;
  /** With the batch; null where a size is open. Undefined where only a run shows it. */
  readonly shape: readonly (number | null)[] | undefined;
  /** Takes whole numbers: an input of int32. */
  readonly isWhole?: boolean;
}

/** Values for the places that a route begins at, in their order, to those at its end. Called inside `tf.tidy`. */
export type Route = (values: readonly Tensor[], training: boolean) => Tensor[];

/** A LayersModel or a GraphModel as the adapters take it: it can be entered and left at any of its places. */
export interface Network {
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  /** All but the inputs, in the order in which they are computed. */
  readonly places: readonly Place[];
  /** An input or another place. */
  find(name: string): Place | undefined;
  /** The activation at the end of an output, and the place before a softmax there. */
  ending(output: Place): Ending;
  /** The inputs that `wanted` depend on, but for what is `given`. */
  missingInputs(given: readonly Place[], wanted: readonly Place[]): Place[];
  /** The places whose values depend on what is given, on no other input, and not on those that are `blocked`. */
  reachable(given: readonly Place[], blocked?: ReadonlySet<Place>): Place[];
  /** @throws Error if it cannot be computed in one go. */
  route(check: Check, given: readonly Place[], wanted: readonly Place[]): Route;
}

export interface Ending {
  /** As tfjs-layers names it: `softmax`, `sigmoid`, `linear`, … */
  readonly activation: string;
  /** What enters the softmax; undefined where there is none. */
  readonly logits: Place | undefined;
}
