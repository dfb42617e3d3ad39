import { html, render } from 'lit-html';
import './one-max.css';
import type { Chapter } from '../chapter.ts';
import { type LongJob, longJob } from '../long-job.ts';
import type { Page } from '../page.ts';
import type { OneMaxStep } from '../worker/one-max.ts';
import { begin, breed, newExperiment, type OneMaxExperiment, turnTo, whenSolved } from './one-max/experiment.ts';
import { fitnessCurve } from './one-max/fitness-curve.ts';
import { genomeRows } from './one-max/genome-rows.ts';
import { genomeTable } from './one-max/genome-table.ts';
import { settingsForm } from './one-max/settings-form.ts';
import { type Stage, stageChooser, stages } from './one-max/stages.ts';

export const oneMax: Chapter = {
  id: 'one-max',
  title: 'Evolution step by step',
  question: 'How can chance and selection find a string of ones that nobody wrote down?',
  mount: mountOneMax,
};

/** Generations after which a run gives up. */
const MOST_GENERATIONS = 1000;

function mountOneMax(section: HTMLElement, page: Page): () => void {
  const experiment = newExperiment();
  let isMounted = true;
  const show = () => {
    if (!isMounted) return;
    job.enable(experiment.steps.length > 0);
    render(chapterView(experiment, job, actions), section);
  };
  const job = runJob(experiment, page, show);
  const actions: Actions = {
    begin() {
      job.stop();
      experiment.beginning = begin(experiment, page).then(show);
    },
    async breed(stage) {
      if (!job.isRunning()) await breed(experiment, page, stage);
      show();
    },
    turnTo(stage) {
      turnTo(experiment, stage);
      show();
    },
    proceed() {
      const following = stages[stages.indexOf(experiment.stage) + 1];
      if (following === undefined) void actions.breed('selection');
      else actions.turnTo(following);
    },
  };
  show();
  actions.begin();
  return () => {
    isMounted = false;
    experiment.run++;
    job.stop();
  };
}

/** Breeds generations until one is solved, and shows each. */
function runJob(experiment: OneMaxExperiment, page: Page, show: () => void): LongJob {
  return longJob<OneMaxStep, { stoppedBy: 'solved' | 'generations' }>(page, {
    start: 'Run until solved',
    async work(id, onProgress) {
      await experiment.beginning;
      const latest = experiment.steps.at(-1);
      if (latest === undefined) throw new Error('There is no population yet.');
      Object.assign(experiment, { stage: 'evaluation', said: '', error: '' });
      queueMicrotask(show);
      try {
        const { settings, pause } = experiment;
        const options = { settings, state: latest.state, generations: MOST_GENERATIONS, pause };
        return await page.api.oneMax.run(id, options, onProgress);
      } finally {
        // Once the job has ended.
        setTimeout(show);
      }
    },
    describe: ({ generation: { generation, best } }) => ({
      done: best,
      of: experiment.settings.length,
      text: `generation ${generation}: best ${best} of ${experiment.settings.length}`,
    }),
    onProgress: (step) => {
      experiment.steps.push(step);
      show();
    },
    onResult: ({ stoppedBy }) =>
      stoppedBy === 'solved' ? whenSolved(experiment) : `Not solved in ${MOST_GENERATIONS} generations.`,
  });
}

/** What the visitor can do besides running. */
interface Actions {
  begin(): void;
  breed(stage: Stage): Promise<void>;
  turnTo(stage: Stage): void;
  /** Shows the next stage, which may be the first of the next generation. */
  proceed(): void;
}

function chapterView(experiment: OneMaxExperiment, job: LongJob, actions: Actions) {
  const cannotStep = experiment.steps.length === 0 || job.isRunning();
  return html`
    <p>
      Each row is a genome, a string of bits; its fitness is its number of ones. Selection, crossover and mutation make each
      generation from the previous one, all three by chance.
    </p>
    ${settingsForm({
      ...experiment,
      onChange(changed) {
        Object.assign(experiment.settings, changed);
        actions.begin();
      },
      onPause(pause) {
        experiment.pause = pause;
      },
    })}
    <div class="buttons steps">
      <button type="button" class="next-step" ?disabled=${cannotStep} @click=${actions.proceed}>Next step</button>
      <button type="button" class="next-generation" ?disabled=${cannotStep} @click=${() => actions.breed('evaluation')}>
        Next generation
      </button>
      <button type="button" class="anew" @click=${actions.begin}>Start over</button>
    </div>
    ${job.element}
    <p class="status said" role="status">${experiment.said}</p>
    <p class="error" role="alert">${experiment.error}</p>
    ${experiment.steps.length === 0 ? '' : populationView(experiment, job.isRunning(), actions)}
  `;
}

/** The latest generation, stage by stage, and the curve of all. */
function populationView({ steps, stage, settings }: OneMaxExperiment, isRunning: boolean, actions: Actions) {
  const history = steps.map(({ generation }) => generation);
  const latest = history.at(-1)!;
  return html`
    ${stageChooser({ latest, stage, isDisabled: isRunning, onChoose: actions.turnTo })}
    <div class="both">
      <div>${genomeTable(genomeRows(stage, latest, history.at(-2)))}</div>
      <div class="curve">${fitnessCurve(history, settings.length)}</div>
    </div>
  `;
}
