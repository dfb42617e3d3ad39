import {
  type ArchiveStatistics,
  type CppnEncodingOptions,
  cppnEncoding,
  directEncoding,
  type Elite,
  evolveFoolingImages,
  type FoolingProgress,
  type ImageEncoding,
  type MapElitesState,
} from '@cnnviz/genetic';
import type { Subject } from './subject.ts';

export type EncodingName = 'direct' | 'cppn';

export interface EvolveImagesOptions {
  encoding: EncodingName;
  /** For CPPNs. Default: `neat`. */
  preset?: NonNullable<CppnEncodingOptions['preset']>;
  generations: number;
  populationSize: number;
  batchSize: number;
  seed: number;
  /** Stops after so many minutes with what there is. Default: only at the last generation. */
  minutes?: number | undefined;
  /** Of an earlier run, to go on from. */
  checkpoint?: Checkpoint | undefined;
  onProgress: (progress: ArchiveStatistics) => void;
  /** Called every few minutes with what there is, so that no more than those are lost when the run is broken off. */
  keep?: (checkpoint: Checkpoint) => Promise<void>;
}

/** What is needed to go on; plain JSON. */
export interface Checkpoint {
  state: MapElitesState;
  history: TimedStatistics[];
}

interface TimedStatistics extends ArchiveStatistics {
  /** Since the run began, those of earlier parts included. */
  seconds: number;
  /** Of all threads, likewise: what the run took of a machine that others use too. */
  processorSeconds: number;
}

export interface EvolvedImages<G = unknown> {
  encoding: ImageEncoding<G>;
  elites: Elite<G>[];
  history: TimedStatistics[];
  state: MapElitesState;
}

/** Evolves an image for each class of a network, for as many generations or minutes as asked for. */
export async function evolveImages(
  subject: Pick<Subject, 'model' | 'shape' | 'bounds'>,
  options: EvolveImagesOptions,
): Promise<EvolvedImages> {
  const encoding = encodingOf(subject, options);
  const history = [...(options.checkpoint?.history ?? [])];
  const { seconds: secondsBefore = 0, processorSeconds: processorSecondsBefore = 0 } = history.at(-1) ?? {};
  const start = performance.now();
  const processorStart = process.cpuUsage();
  const controller = new AbortController();
  const timeIsUp = new Error('time is up');
  let last: FoolingProgress<unknown> | undefined;
  let kept = start;
  const run = evolveFoolingImages(subject.model, {
    encoding,
    bounds: subject.bounds,
    generations: options.generations,
    populationSize: options.populationSize,
    batchSize: options.batchSize,
    lineage: LINEAGE,
    seed: options.seed,
    ...(options.checkpoint === undefined ? {} : { state: options.checkpoint.state }),
    signal: controller.signal,
    onProgress: async (progress) => {
      last = progress;
      const { elites: _, picture: __, state: ___, ...statistics } = progress;
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(processorStart);
      history.push({
        ...statistics,
        seconds: secondsBefore + seconds,
        processorSeconds: processorSecondsBefore + (user + system) / 1e6,
      });
      options.onProgress(statistics);
      if (options.keep !== undefined && performance.now() - kept > 60_000 * MINUTES_BETWEEN_CHECKPOINTS) {
        await options.keep({ state: progress.state(), history });
        kept = performance.now();
      }
      if (options.minutes !== undefined && seconds > 60 * options.minutes) controller.abort(timeIsUp);
    },
  });
  try {
    const { elites, state } = await run;
    return { encoding, elites, history, state };
  } catch (error) {
    if (error !== timeIsUp || last === undefined) throw error;
    return { encoding, elites: last.elites, history, state: last.state() };
  }
}

const MINUTES_BETWEEN_CHECKPOINTS = 3;
/** Ancestors that are kept for the family line. */
const LINEAGE = 7;

function encodingOf(
  { shape }: Pick<Subject, 'shape'>,
  { encoding, preset }: EvolveImagesOptions,
): ImageEncoding<unknown> {
  const found = encoding === 'direct' ? directEncoding({ shape }) : cppnEncoding({ shape, preset: preset ?? 'neat' });
  return found as ImageEncoding<unknown>;
}
