import { html, nothing, render } from 'lit-html';
import { drawPicture } from '../canvas.ts';
import type { Chapter } from '../chapter.ts';
import { type LongJob, longJob, messageOf } from '../long-job.ts';
import { isAbort, type Page } from '../page.ts';
import type { MaximizationChoices, MaximizationProgress, Maximized, Method, Wanted } from '../worker/maximization.ts';
import { filmView } from './maximization/film-view.ts';
import { methodColumn, methodOrder, methods, readingInWords } from './maximization/methods.ts';
import { type MaximizationSettings, settingsForm, unitOf } from './maximization/settings-form.ts';
import './maximization.css';

export const maximization: Chapter = {
  id: 'maximization',
  title: 'What it wants to see',
  question: 'Which picture would make the network answer loudest, and would you recognize it?',
  mount: mountMaximization,
};

/** Everything that the chapter shows. */
interface Maximization {
  settings: MaximizationSettings;
  canvases: Map<Method, HTMLCanvasElement>;
  choices: MaximizationChoices | undefined;
  drawn: Wanted[];
  result: Maximized | undefined;
  error: string;
}

function mountMaximization(section: HTMLElement, page: Page): () => void {
  const state: Maximization = {
    settings: { wanted: 'class 3', seed: 0, steps: 120 },
    canvases: new Map(methodOrder.map((method) => [method, document.createElement('canvas')])),
    choices: undefined,
    drawn: [],
    result: undefined,
    error: '',
  };
  const show = () => render(chapterView(state, job), section);
  const job = maximizationJob(state, page, show);
  const read = () => readChoices(state, page).then(show);
  const endTelling = page.onChange(() => {
    [state.drawn, state.result] = [[], undefined];
    void read();
  });
  show();
  void read();
  return () => {
    endTelling();
    job.stop();
  };
}

function maximizationJob(state: Maximization, page: Page, show: () => void): LongJob {
  return longJob<MaximizationProgress, Maximized>(page, {
    start: 'Draw what it wants to see',
    work(id, onProgress) {
      [state.drawn, state.result] = [[], undefined];
      queueMicrotask(show);
      const { wanted, seed, steps } = state.settings;
      const options = { unit: unitOf(wanted), seed, steps };
      return page.api.maximization.maximize(id, options, onProgress).finally(() => setTimeout(show));
    },
    describe: ({ step, steps }) => ({ done: step, of: steps, text: `step ${step} of ${steps}` }),
    onProgress({ drawn }) {
      draw(state, drawn);
      show();
    },
    onResult(maximized) {
      state.result = maximized;
      draw(state, maximized.drawn);
      show();
      return `Done. Below is the best picture of each method for ${wantedInWords(state)}.`;
    },
  });
}

function draw(state: Maximization, drawn: Wanted[]): void {
  state.drawn = drawn;
  for (const { method, picture, reading } of drawn) {
    const label = `What ${methods[method].inText} made for ${wantedInWords(state)}: ${readingInWords(reading)}`;
    drawPicture(state.canvases.get(method)!, picture, { label, enlarge: enlargementOf(picture) });
  }
}

/** Asks what can be maximized in the network that is in use now. */
async function readChoices(state: Maximization, { api }: Page): Promise<void> {
  try {
    const choices = await api.maximization.choices();
    const { kind, index } = unitOf(state.settings.wanted);
    const count = kind === 'class' ? choices.classes.length : choices.hiddenUnits;
    if (index >= count) state.settings.wanted = 'class 0';
    [state.choices, state.error] = [choices, ''];
  } catch (thrown) {
    if (!isAbort(thrown)) state.error = messageOf(thrown);
  }
}

function chapterView({ settings, canvases, choices, drawn, result, error }: Maximization, job: LongJob) {
  return html`
    <p>
      Training fits a network to pictures. Here the network stays as it is and the pictures change: each starts as gray or
      noise, and each step follows the gradient of the answer that you choose. All three methods climb the same network; they
      differ only in what a picture is made of.
    </p>
    ${settingsForm(settings, choices, job.isRunning())} ${job.element}
    <p class="error" role="alert">${error}</p>
    <div class="methods">
      ${methodOrder.map((method) =>
        methodColumn({
          method,
          canvas: canvases.get(method)!,
          latest: drawn.find((each) => each.method === method),
          whyNot: method === 'generator' ? (choices?.whyNoGenerator ?? '') : '',
        }),
      )}
    </div>
    ${result === undefined ? nothing : filmView(result)}
  `;
}

function wantedInWords({ settings, choices }: Maximization): string {
  const { kind, index } = unitOf(settings.wanted);
  return kind === 'class' ? `the class ${choices?.classes[index] ?? index}` : `hidden unit ${index}`;
}

/** About 200 pixels wide. */
function enlargementOf({ width }: { width: number }): number {
  return Math.max(1, Math.floor(200 / width));
}
