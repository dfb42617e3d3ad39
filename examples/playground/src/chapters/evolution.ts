import { html, render } from 'lit-html';
import './evolution.css';
import type { Chapter } from '../chapter.ts';
import { type LongJob, longJob } from '../long-job.ts';
import { isAbort, type Page } from '../page.ts';
import type { EvolutionOptions, EvolutionReport, EvolvedPictures, SavedEvolution } from '../worker/evolution.ts';
import { type Archive, archiveView, clearArchive, drawReport, emptyArchive } from './evolution/archive.ts';
import { fileButtons } from './evolution/file-buttons.ts';
import { type EvolutionSettings, settingsForm } from './evolution/settings-form.ts';

export const evolution: Chapter = {
  id: 'evolution',
  title: 'Fooled by evolution',
  question: 'Can pictures that show nothing make the network certain of a digit?',
  mount: mountEvolution,
};

/** Everything that the chapter shows. */
interface Search {
  settings: EvolutionSettings;
  archive: Archive;
  /** There when evolution has paused or ended. */
  saved: SavedEvolution | undefined;
  /** What the job does next, if it does not start with the settings of the form. */
  asked: EvolutionOptions | undefined;
  error: string;
}

function mountEvolution(section: HTMLElement, page: Page): () => void {
  const search: Search = {
    settings: { encoding: 'cppn', seed: 0, generations: 300 },
    archive: emptyArchive(),
    saved: undefined,
    asked: undefined,
    error: '',
  };
  const show = () => render(chapterView(search, job, actions), section);
  const job = evolutionJob(search, page, show);
  const actions: Actions = {
    pauseOrResume() {
      if (job.isRunning()) void page.api.evolution.pause();
      else if (search.saved !== undefined) begin({ ...search.settings, saved: search.saved });
    },
    open: (saved) => begin({ ...search.settings, generations: 0, saved }),
    fail(message) {
      search.error = message;
      show();
    },
  };
  const begin = (asked: EvolutionOptions) => {
    [search.asked, search.error] = [asked, ''];
    void job.start();
    show();
  };
  const ending = page.onChange(() => {
    forget(search);
    show();
  });
  show();
  return () => {
    ending();
    job.stop();
  };
}

function forget(search: Search): void {
  clearArchive(search.archive);
  search.saved = undefined;
}

/** Evolves from the beginning or from what was saved, or shows a file that was opened. */
function evolutionJob(search: Search, page: Page, show: () => void): LongJob {
  let isOpening = false;
  const showReport = (report: EvolutionReport) => {
    drawReport(search.archive, report);
    show();
  };
  return longJob<EvolutionReport, EvolvedPictures>(page, {
    start: 'Start',
    async work(id, onProgress) {
      const { asked, saved: before } = search;
      const options = asked ?? search.settings;
      isOpening = options.generations === 0;
      if (asked === undefined) forget(search);
      if (!isOpening) search.saved = undefined;
      [search.asked, search.error] = [undefined, ''];
      queueMicrotask(show);
      try {
        return await page.api.evolution.evolve(id, options, onProgress);
      } catch (thrown) {
        if (!isAbort(thrown)) search.saved = before;
        throw thrown;
      } finally {
        // Once the job has ended.
        setTimeout(show);
      }
    },
    describe: ({ generation }) => ({
      done: generation,
      of: search.settings.generations,
      text: `generation ${generation} of ${search.settings.generations}`,
    }),
    onProgress: showReport,
    onResult(result) {
      const { saved, generation } = result;
      if (isOpening) {
        forget(search);
        Object.assign(search.settings, { encoding: saved.encoding, seed: saved.seed });
      }
      search.saved = saved;
      showReport(result);
      return isOpening ? `Opened: evolution is at generation ${generation}.` : describeEnd(result);
    },
  });
}

/** What the visitor can do besides starting and stopping. */
interface Actions {
  pauseOrResume(): void;
  open(saved: SavedEvolution): void;
  fail(message: string): void;
}

function chapterView({ settings, archive, saved, error }: Search, job: LongJob, actions: Actions) {
  const isRunning = job.isRunning();
  return html`
    <p>
      Nobody says what a digit looks like, and no gradient is taken. In each generation, 200 children of the pictures below
      are shown to the network. A child replaces the picture kept for a digit if the network takes it for that digit with
      more confidence. This is MAP-Elites, as in
      <a href="https://arxiv.org/abs/1412.1897">“Deep neural networks are easily fooled”</a> (2015).
    </p>
    ${settingsForm(settings, isRunning)} ${job.element}
    ${fileButtons({
      isRunning,
      saved,
      onPauseOrResume: actions.pauseOrResume,
      onOpen: actions.open,
      onError: actions.fail,
    })}
    <p class="error" role="alert">${error}</p>
    ${archiveView(archive)}
  `;
}

function describeEnd({ stoppedBy, generation }: EvolvedPictures): string {
  if (stoppedBy === 'pause') return `Paused after generation ${generation}.`;
  if (stoppedBy === 'stopAt')
    return `The network is at least 99.99 % sure of each picture, in generation ${generation}.`;
  return `Generation ${generation} is reached. To continue, choose a later last generation and press Resume.`;
}
