import { peakMemory } from '@cnnviz/example-support';
import type { Pairs } from './in-turns.ts';

/** One line of the table: the same work, done by both. */
export interface Row {
  /** What is done, on what: `PGD, 40 steps: LeNet, 64 digits`. */
  what: string;
  /** Of ours; `none` where no tensor is involved. */
  backend: string;
  /** And its version. */
  peer: string;
  pairs: Pairs;
  /** What one run handles: 64 images, 6680 evaluations. */
  handled: { ours: number; theirs: number; unit: string };
  /** Our time over that of the bare calls that cannot be avoided, in turns with them. Undefined where there are none. */
  overFloor?: number;
  /** Of the processes, at most until then, in bytes. Ours holds TensorFlow.js, theirs Python. */
  memory: { ours: number; theirs: number };
  /** What of the results was compared, and what came out. */
  equal: string;
  /** How many times as long as the peer ours may take, or, below 1, has to be ahead. Undefined where nothing is aimed at. */
  aim?: number;
}

/** What a comparison needs to know. */
export interface Setting {
  backend: string;
  /** Pairs that count. */
  rounds: number;
  /** For what goes across to the peers. */
  exchange: string;
  /** That of CNNVIZ_DATA. */
  data: string | undefined;
  /** Small sizes only. */
  quick: boolean;
  emit: (row: Row) => void;
  /** Says what is left out, and why. */
  skip: (what: string, reason: string) => void;
}

export const ourMemory = (): number => peakMemory().resident;
