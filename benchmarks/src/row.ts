import { peakMemory } from '@cnnviz/example-support';
import type { Pairs } from './in-turns.ts';

/** One row of the table: the same work, done by our code and by a peer. */
export interface Row {
  /** The work: `PGD, 40 steps: LeNet, 64 digits`. */
  what: string;
  /** Our backend; `none` if no tensor is involved. */
  backend: string;
  /** The peer and its version. */
  peer: string;
  pairs: Pairs;
  /** The amount of work in one run: 64 images, 6680 evaluations. */
  handled: { ours: number; theirs: number; unit: string };
  /** Our time divided by that of the unavoidable bare calls, measured in turns. Undefined if there are none. */
  overFloor?: number;
  /** Peak memory of the processes so far, in bytes. Ours includes TensorFlow.js, theirs Python. */
  memory: { ours: number; theirs: number };
  /** A comparison of the results. */
  equal: string;
  /** The largest ratio of our time to the peer's that meets the aim. Undefined if there is no aim. */
  aim?: number;
}

/** The setting of a comparison. */
export interface Setting {
  backend: string;
  /** Number of measured pairs. */
  rounds: number;
  /** Folder for files that the peers read. */
  exchange: string;
  /** The folder that `CNNVIZ_DATA` names. */
  data: string | undefined;
  /** Small sizes only. */
  quick: boolean;
  emit: (row: Row) => void;
  /** Reports what is left out, and why. */
  skip: (what: string, reason: string) => void;
}

export const ourMemory = (): number => peakMemory().resident;
