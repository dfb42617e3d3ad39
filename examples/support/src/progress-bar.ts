import { Presets, SingleBar } from 'cli-progress';

export interface ProgressOptions {
  /** How many stages there will be; each line then begins with `[1/3]`. */
  stages?: number;
  /** Where it is drawn. Default `process.stderr`, so that what a command prints can still be piped. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean };
}

/** Says how far a stage is: `value` of its `total`, and anything worth reading beside the bar. */
export type Update = (value: number, note?: string) => void;

export interface Progress {
  /**
   * Runs `work` under a bar of its own, which ends when `work` returns or throws.
   *
   * @param total The value at which the work is done.
   */
  stage<T>(label: string, total: number, work: (update: Update) => Promise<T>): Promise<T>;
}

/**
 * Progress of one stage after the other: a bar in a terminal; elsewhere (a pipe, a log file) a plain line at each
 * quarter, without control characters.
 *
 * @example
 * const progress = progressBars({ stages: 2 });
 * await progress.stage('counting', 100, async (update) => {
 *   for (let i = 1; i <= 100; i++) update(i, `${i} sheep`);
 * });
 */
export function progressBars({ stages, stream = process.stderr }: ProgressOptions = {}): Progress {
  let started = 0;
  return {
    async stage(label, total, work) {
      started++;
      const title = stages === undefined ? label : `[${started}/${stages}] ${label}`;
      const { update, stop } = stream.isTTY ? bar(stream, title, total) : plainLines(stream, title, total);
      try {
        const result = await work(update);
        stop('done');
        return result;
      } catch (error) {
        stop('failed');
        throw error;
      }
    },
  };
}

interface Display {
  update: Update;
  stop(outcome: 'done' | 'failed'): void;
}

function bar(stream: NodeJS.WritableStream, title: string, total: number): Display {
  const single = new SingleBar(
    { stream, format: '{title} {bar} {percentage}% {duration_formatted} {note}', barsize: 24 },
    Presets.shades_classic,
  );
  single.start(total, 0, { title, note: '' });
  return {
    update: (value, note) => single.update(value, note === undefined ? {} : { note }),
    stop(outcome) {
      if (outcome === 'done') single.update(total);
      single.stop();
    },
  };
}

function plainLines(stream: NodeJS.WritableStream, title: string, total: number): Display {
  const start = performance.now();
  let quarters = 0;
  let lastNote = '';
  const line = (state: string) => stream.write(`${title}: ${state}${lastNote === '' ? '' : `, ${lastNote}`}\n`);
  return {
    update(value, note) {
      if (note !== undefined) lastNote = note;
      const reached = Math.floor((4 * value) / total);
      if (reached > quarters && reached < 4) line(`${25 * reached}%`);
      quarters = Math.max(quarters, reached);
    },
    stop(outcome) {
      line(`${outcome} after ${((performance.now() - start) / 1000).toFixed(1)} s`);
    },
  };
}
