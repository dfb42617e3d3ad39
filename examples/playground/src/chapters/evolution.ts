import { html, render } from 'lit-html';
import './evolution.css';
import { drawPicture } from '../canvas.ts';
import type { Chapter } from '../chapter.ts';
import { lineChart } from '../line-chart.ts';
import { longJob } from '../long-job.ts';
import { numberField } from '../number-field.ts';
import { isAbort, type Page } from '../page.ts';
import type {
  EncodingName,
  EvolutionOptions,
  EvolutionReport,
  EvolvedPictures,
  Portrait,
  SavedEvolution,
} from '../worker/evolution.ts';

export const evolution: Chapter = {
  id: 'evolution',
  title: 'Fooled by evolution',
  question: 'Can pictures that show nothing make the network certain of a digit?',
  mount: mountEvolution,
};

const meanings: Record<EncodingName, string> = {
  direct: 'pixels: each is a gene, at first random',
  cppn: 'patterns: a small network that grows (CPPN) draws them',
};

function mountEvolution(section: HTMLElement, page: Page): () => void {
  const settings = { encoding: 'cppn' as EncodingName, seed: 0, generations: 300 };
  const canvases = new Map<number, HTMLCanvasElement>();
  const portraits = new Map<number, Portrait>();
  let report: EvolutionReport | undefined;
  /** There when evolution stands still and can go on. */
  let saved: SavedEvolution | undefined;
  /** What the job does next, if not to begin with what the form says. */
  let asked: EvolutionOptions | undefined;
  let isOpening = false;
  let error = '';

  const job = longJob<EvolutionReport, EvolvedPictures>(page, {
    start: 'Start',
    work: evolve,
    describe: ({ generation }) => ({
      done: generation,
      of: settings.generations,
      text: `generation ${generation} of ${settings.generations}`,
    }),
    onProgress: showReport,
    onResult: (result) => {
      if (isOpening) {
        forgetPictures();
        Object.assign(settings, { encoding: result.saved.encoding, seed: result.saved.seed });
      }
      saved = result.saved;
      showReport(result);
      return isOpening ? `Opened: evolution stands at generation ${result.generation}.` : describeEnd(result);
    },
  });

  async function evolve(id: string, onProgress: (report: EvolutionReport) => void): Promise<EvolvedPictures> {
    const options = asked ?? settings;
    const before = saved;
    isOpening = options.generations === 0;
    if (asked === undefined) forgetPictures();
    if (!isOpening) saved = undefined;
    [asked, error] = [undefined, ''];
    queueMicrotask(show);
    try {
      return await page.api.evolution.evolve(id, options, onProgress);
    } catch (thrown) {
      if (!isAbort(thrown)) saved = before;
      throw thrown;
    } finally {
      // Once the job has ended.
      setTimeout(show);
    }
  }

  function forgetPictures(): void {
    portraits.clear();
    report = undefined;
    saved = undefined;
  }

  function showReport(latest: EvolutionReport): void {
    report = latest;
    for (const portrait of latest.portraits) {
      portraits.set(portrait.class, portrait);
      const canvas = canvases.get(portrait.class) ?? document.createElement('canvas');
      canvases.set(portrait.class, canvas);
      const label = `A picture that the network takes for ${portrait.name} with ${percent(portrait.confidence)}`;
      drawPicture(canvas, portrait.picture, { label, enlarge: 4 });
    }
    show();
  }

  function pauseOrResume(): void {
    if (job.isRunning()) {
      void page.api.evolution.pause();
      return;
    }
    if (saved === undefined) return;
    asked = { ...settings, saved };
    void job.start();
  }

  function save(): void {
    if (saved === undefined) return;
    const { encoding, seed, state } = saved;
    const url = URL.createObjectURL(new Blob([JSON.stringify(saved)], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `evolution-${encoding}-seed-${seed}-generation-${state.generation}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  async function open(event: Event): Promise<void> {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file === undefined) return;
    error = '';
    try {
      const read = JSON.parse(await file.text()) as SavedEvolution;
      asked = { ...settings, generations: 0, saved: read };
      void job.start();
    } catch {
      error = `${file.name} is no saved evolution: it is not JSON.`;
    }
    // So that the same file can be opened again.
    input.value = '';
    show();
  }

  function show(): void {
    const isRunning = job.isRunning();
    const shown = [...portraits.values()].sort((a, b) => a.class - b.class);
    render(
      html`
        <p>
          Nobody says what a digit looks like, and no gradient is taken: in each generation 200 children of the pictures
          below are shown to the network, and a child that it takes for a digit with more confidence than the picture kept for
          that digit replaces it (MAP-Elites, as in “Deep neural networks are easily fooled”, 2015).
        </p>
        <fieldset class="settings" ?disabled=${isRunning}>
          <legend>How</legend>
          <span>
            <label for="evolution-encoding">Genomes are</label>
            <select
              id="evolution-encoding"
              @change=${(event: Event) => {
                settings.encoding = (event.target as HTMLSelectElement).value as EncodingName;
              }}
            >
              ${(['cppn', 'direct'] as const).map(
                (name) =>
                  html`<option value=${name} .selected=${name === settings.encoding}>${meanings[name]}</option>`,
              )}
            </select>
          </span>
          ${settingField('Seed', 'seed', 0)} ${settingField('Last generation', 'generations', 1)}
        </fieldset>
        ${job.element}
        <div class="buttons file">
          <button type="button" class="pause" ?disabled=${!isRunning && saved === undefined} @click=${pauseOrResume}>
            ${isRunning || saved === undefined ? 'Pause' : 'Resume'}
          </button>
          <button type="button" class="save" ?disabled=${isRunning || saved === undefined} @click=${save}>
            Save to a file
          </button>
          <label for="evolution-file">Open a saved one</label>
          <input
            id="evolution-file"
            type="file"
            accept=".json,application/json"
            ?disabled=${isRunning}
            @change=${open}
          />
        </div>
        <p class="note">
          The same seed gives the same pictures. Evolution ends when the network is 99.99 % sure of each. What was paused or has
          ended can be saved, and goes on from its file, on the same backend, exactly as if it had not been paused.
        </p>
        <p class="error" role="alert">${error}</p>
        ${report === undefined ? '' : showArchive(report, shown)}
      `,
      section,
    );
  }

  const settingField = (label: string, key: 'seed' | 'generations', min: number) =>
    numberField({
      id: `evolution-${key}`,
      label,
      value: settings[key],
      min,
      onChange: (value) => {
        settings[key] = value;
      },
    });

  function showArchive(latest: EvolutionReport, shown: readonly Portrait[]) {
    return html`
      <h3>The picture the network is surest of, for each digit</h3>
      <div class="archive">
        ${shown.map(
          (portrait) => html`
            <figure>
              ${canvases.get(portrait.class)}
              <figcaption><strong>${portrait.name}</strong> ${percent(portrait.confidence)}</figcaption>
            </figure>
          `,
        )}
      </div>
      <dl class="facts">
        ${fact('generation', latest.generation.toLocaleString('en'))}
        ${fact('pictures tried', latest.evaluations.toLocaleString('en'))}
        ${
          latest.evaluationsPerSecond === 0
            ? ''
            : fact('pictures tried a second', Math.round(latest.evaluationsPerSecond).toLocaleString('en'))
        }
        ${fact('median confidence', percent(latest.medians.at(-1) ?? 0))}
      </dl>
      <h3>Confidence by generation</h3>
      ${lineChart({
        label: curveInWords(latest.medians),
        lines: [{ name: 'median over the digits', values: latest.medians.map(ninesOf) }],
        levels: [0, 0.9, 0.99, 0.999, 0.9999].map((share) => ({
          value: ninesOf(share),
          text: `${Number((100 * share).toFixed(2))} %`,
        })),
      })}
      <p class="note">Each line is ten times closer to certainty than the one below it.</p>
    `;
  }

  const ending = page.onChange(() => {
    forgetPictures();
    show();
  });
  show();
  return () => {
    ending();
    job.stop();
  };
}

function describeEnd({ stoppedBy, generation }: EvolvedPictures): string {
  if (stoppedBy === 'pause') return `Paused after generation ${generation}.`;
  if (stoppedBy === 'stopAt')
    return `The network is at least 99.99 % sure of each picture, in generation ${generation}.`;
  return `Generation ${generation} is reached. For more, set a later last generation and resume.`;
}

function curveInWords(medians: readonly number[]): string {
  const [first = 0, last = 0] = [medians[0], medians.at(-1)];
  return `The median confidence rises from ${percent(first)} to ${percent(last)} in ${medians.length - 1} generations.`;
}

/** What is missing to certainty, as a power of ten; up to the 99.99 % at which evolution ends. */
function ninesOf(share: number): number {
  return Math.min(4, -Math.log10(1 - share));
}

function fact(name: string, value: string) {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

/** Rounded down, so that only certainty reads 100 %; in one line. */
function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)}\u00a0%`;
}
