import {
  type ArchiveStatistics,
  cppnEncoding,
  directEncoding,
  type Elite,
  evolveFoolingImages,
  type ImageEncoding,
  type MapElitesState,
} from '@cnnviz/genetic';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { job, type Work } from './jobs.ts';
import { type DigitNetwork, digitNetwork } from './networks.ts';
import { type Picture, pictureOf } from './picture.ts';

export type EncodingName = 'direct' | 'cppn';

export interface EvolutionOptions {
  encoding: EncodingName;
  seed: number;
  /** The last generation; with `saved` too. 0 only shows what was saved. */
  generations: number;
  /** Resumes from there. */
  saved?: SavedEvolution;
}

/** Everything that is needed to resume; plain JSON. */
export interface SavedEvolution {
  encoding: EncodingName;
  seed: number;
  /** By generation. */
  medians: number[];
  state: MapElitesState;
}

/** The picture that the network takes for a class with the most confidence. */
export interface Portrait {
  class: number;
  name: string;
  /** From 0 to 1. */
  confidence: number;
  /** In which it was made. */
  generation: number;
  picture: Picture;
}

export interface EvolutionReport {
  generation: number;
  evaluations: number;
  /** Of this run so far. */
  evaluationsPerSecond: number;
  /** Median confidence over the classes, by generation from 0 on. */
  medians: number[];
  /** Those that changed since the last report. */
  portraits: Portrait[];
}

export interface EvolvedPictures extends EvolutionReport {
  /** Of all classes. */
  portraits: Portrait[];
  stoppedBy: 'generations' | 'stopAt' | 'pause';
  saved: SavedEvolution;
}

/** The fooling code's, for digits. */
const PICTURES_A_GENERATION = 200;
/** Evolution ends when the network is this sure of each picture. */
const WANTED_CONFIDENCE = 0.9999;

let isPauseAsked = false;
const evolve = job(async (options: EvolutionOptions, work: Work<EvolutionReport>) =>
  evolvePictures(await digitNetwork(), options, { ...work, isToPause: () => isPauseAsked }),
);

export const evolution = {
  evolve: (...call: Parameters<typeof evolve>) => {
    isPauseAsked = false;
    return evolve(...call);
  },
  /** Ends the evolution after the current generation, with everything that is needed to resume. */
  pause: (): void => {
    isPauseAsked = true;
  },
};

/** Evolves a picture for each class of the network, and reports as often as leaves most of the time to evolution. */
export async function evolvePictures(
  network: Pick<DigitNetwork, 'classify' | 'shape' | 'bounds' | 'classes'>,
  { encoding: asked, seed: askedSeed, generations, saved }: EvolutionOptions,
  work: Work<EvolutionReport> & { isToPause: () => boolean },
): Promise<EvolvedPictures> {
  const before = saved === undefined ? undefined : readSaved(saved);
  const { encoding: name, seed } = before ?? { encoding: asked, seed: askedSeed };
  const encoding = encodingOf(name, network.shape);
  const medians = [...(before?.medians ?? [])];
  const pausing = new AbortController();
  const paused = new Error('paused');
  const turns = drawingTurns();
  const start = performance.now();
  const shown = new Map<number, unknown>();
  const evaluationsBefore = Number(before?.state?.evaluations ?? 0);
  let last: { statistics: ArchiveStatistics; elites: Elite<unknown>[]; state: () => MapElitesState } | undefined;

  const reportOn = async (
    statistics: Pick<ArchiveStatistics, 'generation' | 'evaluations'>,
    elites: readonly Elite<unknown>[],
  ): Promise<EvolutionReport> => {
    const seconds = (performance.now() - start) / 1000;
    for (const { cell, genome } of elites) shown.set(cell, genome);
    return {
      generation: statistics.generation,
      evaluations: statistics.evaluations,
      evaluationsPerSecond: (statistics.evaluations - evaluationsBefore) / seconds,
      medians: [...medians],
      portraits: await portraitsOf(encoding, elites, network.classes),
    };
  };

  const run = evolveFoolingImages(network.classify, {
    encoding,
    bounds: network.bounds,
    seed,
    generations,
    stopAt: WANTED_CONFIDENCE,
    populationSize: PICTURES_A_GENERATION,
    ...(before === undefined ? {} : { resume: before.state }),
    signal: AbortSignal.any([work.signal, pausing.signal]),
    onProgress: async ({ elites, state, ...statistics }) => {
      medians.push(statistics.median);
      last = { statistics, elites, state };
      if (work.isToPause()) return pausing.abort(paused);
      const now = performance.now();
      if (!turns.isDue(now)) return;
      const changed = elites.filter(({ cell, genome }) => shown.get(cell) !== genome);
      await work.onProgress(await reportOn(statistics, changed));
      turns.took(now, performance.now());
    },
  });
  try {
    const { elites, state, stoppedBy } = await run;
    return {
      ...(await reportOn(state, elites)),
      stoppedBy,
      saved: { encoding: name, seed, medians, state },
    };
  } catch (error) {
    if (error !== paused || last === undefined) throw error;
    const { statistics, elites, state } = last;
    return {
      ...(await reportOn(statistics, elites)),
      stoppedBy: 'pause',
      saved: { encoding: name, seed, medians, state: state() },
    };
  }
}

/** When to draw: at most ten times a second, and for at most a fifth of the time. */
export function drawingTurns() {
  const [leastPause, pauseOfDrawing] = [100, 4];
  let [end, duration] = [Number.NEGATIVE_INFINITY, 0];
  return {
    /** @param now Milliseconds. */
    isDue: (now: number): boolean => now - end >= Math.max(leastPause, pauseOfDrawing * duration),
    took(from: number, to: number): void {
      [end, duration] = [to, to - from];
    },
  };
}

function encodingOf(name: EncodingName, shape: readonly [number, number, number]): ImageEncoding<unknown> {
  return (name === 'direct' ? directEncoding({ shape }) : cppnEncoding({ shape })) as ImageEncoding<unknown>;
}

async function portraitsOf(
  encoding: ImageEncoding<unknown>,
  elites: readonly Elite<unknown>[],
  classes: readonly string[],
): Promise<Portrait[]> {
  if (elites.length === 0) return [];
  const images = tf.tidy(() => tf.unstack(encoding.render(elites.map(({ genome }) => genome)))) as Tensor3D[];
  try {
    const pictures = await Promise.all(images.map(pictureOf));
    return elites.map(({ cell, objective, generation }, index) => ({
      class: cell,
      name: classes[cell] ?? String(cell),
      confidence: objective,
      generation,
      picture: pictures[index]!,
    }));
  } finally {
    tf.dispose(images);
  }
}

/** Of a file: the state itself is judged by MAP-Elites. */
function readSaved(saved: unknown): SavedEvolution {
  const { encoding, seed, medians, state = null } = (saved ?? {}) as Partial<SavedEvolution>;
  if (encoding !== 'direct' && encoding !== 'cppn') {
    throw new Error('This is not a saved evolution: it does not say whether its genomes are pixels or CPPNs.');
  }
  if (!Array.isArray(medians) || !medians.every((median) => Number.isFinite(median))) {
    throw new Error('This saved evolution is damaged: its medians are not a list of numbers.');
  }
  return { encoding, seed, medians, state } as SavedEvolution;
}
