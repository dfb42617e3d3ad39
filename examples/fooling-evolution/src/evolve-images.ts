import {
  type ArchiveStatistics,
  type CppnEncodingOptions,
  cppnEncoding,
  directEncoding,
  type Elite,
  evolveFoolingImages,
  type FoolingEvolutionProgress,
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
  /** Stops after this many minutes with the images it has. Default: only at the last generation. */
  minutes?: number | undefined;
  /** The checkpoint of an earlier run. Default: starts from random images. */
  resume?: Checkpoint | undefined;
  onProgress: (progress: ArchiveStatistics & { done: number; total: number }) => void;
  /** Called every few minutes, so that an interrupted run loses no more than those. */
  keep?: (checkpoint: Checkpoint) => Promise<void>;
}

/** What is needed to resume; plain JSON. */
export interface Checkpoint {
  kind: 'evolveImages';
  version: 1;
  state: MapElitesState;
  history: TimedStatistics[];
}

interface TimedStatistics extends ArchiveStatistics {
  /** Since the run began, earlier parts included. */
  seconds: number;
  /** Of all threads, likewise: the cost of the run on a machine that others use too. */
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
  const history = [...(options.resume?.history ?? [])];
  const { seconds: secondsBefore = 0, processorSeconds: processorSecondsBefore = 0 } = history.at(-1) ?? {};
  const start = performance.now();
  const processorStart = process.cpuUsage();
  const controller = new AbortController();
  const timeIsUp = new Error('time is up');
  let last: FoolingEvolutionProgress<unknown> | undefined;
  let kept = start;
  const run = evolveFoolingImages(subject.model, {
    encoding,
    bounds: subject.bounds,
    generations: options.generations,
    populationSize: options.populationSize,
    batchSize: options.batchSize,
    lineage: LINEAGE,
    seed: options.seed,
    ...(options.resume === undefined ? {} : { resume: options.resume.state }),
    signal: controller.signal,
    onProgress: async (progress) => {
      last = progress;
      const { elites: _, picture: __, state: ___, done, total, ...statistics } = progress;
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(processorStart);
      history.push({
        ...statistics,
        seconds: secondsBefore + seconds,
        processorSeconds: processorSecondsBefore + (user + system) / 1e6,
      });
      options.onProgress({ done, total, ...statistics });
      if (options.keep !== undefined && performance.now() - kept > 60_000 * MINUTES_BETWEEN_CHECKPOINTS) {
        await options.keep(checkpointOf(progress.state(), history));
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

export function checkpointOf(state: MapElitesState, history: TimedStatistics[]): Checkpoint {
  return { kind: 'evolveImages', version: 1, state, history };
}

const MINUTES_BETWEEN_CHECKPOINTS = 3;
/** Ancestors to keep for the family line. */
const LINEAGE = 7;

function encodingOf(
  { shape }: Pick<Subject, 'shape'>,
  { encoding, preset }: EvolveImagesOptions,
): ImageEncoding<unknown> {
  const found = encoding === 'direct' ? directEncoding({ shape }) : cppnEncoding({ shape, preset: preset ?? 'neat' });
  return found as ImageEncoding<unknown>;
}
