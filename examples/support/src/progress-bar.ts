import { Presets, SingleBar } from 'cli-progress';

export interface ProgressOptions {
  /** Number of stages; each line then begins with `[1/3]`. */
  stages?: number;
  /** Where the bars are drawn. Default: `process.stderr`, so that what a command prints can still be piped. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean };
}

/** How much of a stage is done: what every `onProgress` of the packages is given. */
export interface Done {
  done: number;
  total: number;
}

/** Shows how much of the total of a stage is done, and a note beside the bar. */
export type Update = (value: number, note?: string) => void;

/** An `Update` that also takes a progress object, and reads its `done` and `total`. */
export type ProgressUpdate = Update & ((progress: Done, note?: string) => void);

export interface Progress {
  /**
   * Runs `work` under a bar of its own, which ends when `work` returns or throws.
   *
   * @param total The value at which the work is done, until `update` is given another.
   */
  stage<T>(label: string, total: number, work: (update: ProgressUpdate) => Promise<T>): Promise<T>;
}

/**
 * Shows the progress of one stage after another: as a bar in a terminal; elsewhere (a pipe, a log file) as a plain line
 * at each quarter, without control characters.
 *
 * @example
 * const progress = progressBars({ stages: 2 });
 * await progress.stage('training', 1, (update) =>
 *   train(model, batches, { ...options, onProgress: (at) => update(at, `loss ${at.loss}`) }),
 * );
 */
export function progressBars({ stages, stream = process.stderr }: ProgressOptions = {}): Progress {
  let started = 0;
  return {
    async stage(label, total, work) {
      started++;
      const title = stages === undefined ? label : `[${started}/${stages}] ${label}`;
      const { update, stop } = stream.isTTY ? bar(stream, title, total) : plainLines(stream, title);
      try {
        const result = await work((progress: Done | number, note?: string) =>
          update(typeof progress === 'number' ? { done: progress, total } : progress, note),
        );
        stop('done');
        return result;
      } catch (error) {
        stop('failed');
        throw error;
      }
    },
  };
}

/** The fraction that is done, from 0 to 1, of what an `update` was given in a stage of this total. */
export function fractionDone(progress: Done | number, total: number): number {
  return typeof progress === 'number' ? progress / total : progress.done / progress.total;
}

interface Display {
  update(progress: Done, note?: string): void;
  stop(outcome: 'done' | 'failed'): void;
}

function bar(stream: NodeJS.WritableStream, title: string, total: number): Display {
  const single = new SingleBar(
    { stream, format: '{title} {bar} {percentage}% {duration_formatted} {note}', barsize: 24 },
    Presets.shades_classic,
  );
  single.start(total, 0, { title, note: '' });
  return {
    update(progress, note) {
      single.setTotal(progress.total);
      single.update(progress.done, note === undefined ? {} : { note });
    },
    stop(outcome) {
      if (outcome === 'done') single.update(single.getTotal());
      single.stop();
    },
  };
}

function plainLines(stream: NodeJS.WritableStream, title: string): Display {
  const start = performance.now();
  let quarters = 0;
  let lastNote = '';
  const line = (state: string) => stream.write(`${title}: ${state}${lastNote === '' ? '' : `, ${lastNote}`}\n`);
  return {
    update({ done, total }, note) {
      if (note !== undefined) lastNote = note;
      const reached = Math.floor((4 * done) / total);
      if (reached > quarters && reached < 4) line(`${25 * reached}%`);
      quarters = Math.max(quarters, reached);
    },
    stop(outcome) {
      line(`${outcome} after ${((performance.now() - start) / 1000).toFixed(1)} s`);
    },
  };
}
