import { messageOf } from '../../long-job.ts';
import type { Page } from '../../page.ts';
import type { OneMaxSettings, OneMaxStep } from '../../worker/one-max.ts';
import type { Stage } from './stages.ts';

/** Everything that the chapter shows, and what it is waiting for. */
export interface OneMaxExperiment {
  settings: OneMaxSettings;
  /** Milliseconds for which a run shows each generation. */
  pause: number;
  /** One per generation, from generation 0 on; none if the settings were refused. */
  steps: OneMaxStep[];
  /** The stage of the latest generation that is shown. */
  stage: Stage;
  /** What a screen reader is told. */
  said: string;
  error: string;
  /** Counts how often the experiment began: answers to an earlier beginning are dropped. */
  run: number;
  /** Resolves when the latest settings have their first generation: a button pressed right after a change waits for it. */
  beginning: Promise<void>;
  isStepping: boolean;
}

export function newExperiment(): OneMaxExperiment {
  return {
    settings: {
      seed: 0,
      length: 32,
      populationSize: 30,
      selection: 'tournament',
      crossover: 'two-point',
      mutationRate: 0.2,
    },
    pause: 120,
    steps: [],
    stage: 'evaluation',
    said: '',
    error: '',
    run: 0,
    beginning: Promise.resolve(),
    isStepping: false,
  };
}

/** Discards all generations and draws the first one at random. */
export async function begin(experiment: OneMaxExperiment, { api }: Page): Promise<void> {
  const own = ++experiment.run;
  Object.assign(experiment, { error: '', said: '', stage: 'evaluation', isStepping: false });
  try {
    const step = await api.oneMax.step({ settings: { ...experiment.settings } });
    if (own === experiment.run) experiment.steps = [step];
  } catch (thrown) {
    if (own === experiment.run) Object.assign(experiment, { steps: [], error: messageOf(thrown) });
  }
}

/**
 * Breeds the next generation.
 *
 * @param stage The stage of it that is shown first.
 */
export async function breed(experiment: OneMaxExperiment, { api }: Page, stage: Stage): Promise<void> {
  if (experiment.isStepping) return;
  const own = experiment.run;
  const isCurrent = () => own === experiment.run;
  Object.assign(experiment, { isStepping: true, error: '' });
  try {
    await experiment.beginning;
    const latest = experiment.steps.at(-1);
    if (!isCurrent() || latest === undefined) return;
    const next = await api.oneMax.step({ settings: { ...experiment.settings }, state: latest.state });
    if (!isCurrent()) return;
    experiment.steps.push(next);
    turnTo(experiment, stage);
  } catch (thrown) {
    if (isCurrent()) experiment.error = messageOf(thrown);
  } finally {
    if (isCurrent()) experiment.isStepping = false;
  }
}

/** Shows a stage of the latest generation. */
export function turnTo(experiment: OneMaxExperiment, stage: Stage): void {
  const { generation, best, mean } = experiment.steps.at(-1)!.generation;
  experiment.stage = stage;
  experiment.said =
    stage === 'evaluation'
      ? `Generation ${generation}: best ${best} of ${experiment.settings.length}, mean ${mean.toFixed(1)}. ${whenSolved(experiment)}`
      : `On the way to generation ${generation}: ${stage}.`;
}

/** In which generation it was solved, in words; empty if it was not. */
export function whenSolved({ steps }: OneMaxExperiment): string {
  const solved = steps.find(({ generation }) => generation.isSolved)?.generation;
  if (solved === undefined) return '';
  const { generation, evaluations } = solved;
  return `Solved in generation ${generation}, after ${evaluations.toLocaleString('en')} evaluations: a genome is all ones.`;
}
