/** Says when the next checkpoint is due, and learns how long one takes. */
export interface CheckpointPace {
  isDue(): boolean;
  /** Runs what writes a checkpoint. */
  write(work: () => Promise<void>): Promise<void>;
}

export interface CheckpointPaceOptions {
  /** Milliseconds from the end of one to the next, at least. */
  pause: number;
  /** Which part of the time they may take. */
  share: number;
  /** Milliseconds. Default: `performance.now`. */
  now?: () => number;
}

/** Checkpoints that take long, because they are large or the machine is busy, come less often. */
export function checkpointPace({ pause, share, now = () => performance.now() }: CheckpointPaceOptions): CheckpointPace {
  let next = now() + pause;
  return {
    isDue: () => now() >= next,
    async write(work) {
      const start = now();
      await work();
      next = now() + Math.max(pause, (now() - start) / share);
    },
  };
}
