import { html, nothing, render } from 'lit-html';
import { drawPicture, pictureCanvas } from '../canvas.ts';
import type { Chapter } from '../chapter.ts';
import { longJob, messageOf } from '../long-job.ts';
import { numberField } from '../number-field.ts';
import { isAbort } from '../page.ts';
import type {
  MaximizationChoices,
  MaximizationProgress,
  Maximized,
  Method,
  Reading,
  Wanted,
} from '../worker/maximization.ts';
import './maximization.css';

const methods: Record<Method, { title: string; inText: string; meaning: string }> = {
  pixels: {
    title: 'Plain pixels',
    inText: 'plain pixels',
    meaning: 'Each pixel follows the gradient. Nothing keeps the picture natural.',
  },
  fourier: {
    title: 'Fourier with robustness',
    inText: 'Fourier with robustness',
    meaning:
      'The coefficients of waves follow it, while the picture is shifted, turned and scaled before each look (lucid). What is left are shapes that bear being moved.',
  },
  generator: {
    title: 'A learned generator',
    inText: 'a learned generator',
    meaning:
      'A network that has learned to draw digits draws; the gradient only tells it what (DGN-AM). Whatever it draws, it draws in strokes.',
  },
};
const order: readonly Method[] = ['pixels', 'fourier', 'generator'];

export const maximization: Chapter = {
  id: 'maximization',
  title: 'What it wants to see',
  question: 'Which picture would make the network answer loudest, and would you recognize it?',
  mount(section, page) {
    const settings = { wanted: 'class 3', seed: 0, steps: 120 };
    const canvases = new Map<Method, HTMLCanvasElement>(
      order.map((method) => [method, document.createElement('canvas')]),
    );
    let choices: MaximizationChoices | undefined;
    let drawn: Wanted[] = [];
    let result: Maximized | undefined;
    let error = '';

    const job = longJob<MaximizationProgress, Maximized>(page, {
      start: 'Draw what it wants to see',
      work: (id, onProgress) => {
        [drawn, result] = [[], undefined];
        queueMicrotask(show);
        const { seed, steps } = settings;
        return page.api.maximization
          .maximize(id, { unit: unitOf(settings.wanted), seed, steps }, onProgress)
          .finally(() => setTimeout(show));
      },
      describe: ({ step, steps }) => ({ done: step, of: steps, text: `step ${step} of ${steps}` }),
      onProgress: (progress) => draw(progress.drawn),
      onResult: (maximized) => {
        result = maximized;
        draw(maximized.drawn);
        return `Done: below is the best picture of each method for ${wantedInWords()}.`;
      },
    });

    const draw = (latest: Wanted[]) => {
      drawn = latest;
      for (const each of drawn) {
        const label = `What ${methods[each.method].inText} made for ${wantedInWords()}: ${readingInWords(each.reading)}`;
        drawPicture(canvases.get(each.method)!, each.picture, { label, enlarge: enlargementOf(each.picture) });
      }
      show();
    };

    const wantedInWords = () => {
      const { kind, index } = unitOf(settings.wanted);
      return kind === 'class' ? `the class ${choices?.classes[index] ?? index}` : `hidden unit ${index}`;
    };

    const choose = (event: Event) => {
      settings.wanted = (event.target as HTMLSelectElement).value;
    };

    const show = () => {
      const isRunning = job.isRunning();
      render(
        html`
          <p>
            Training adjusts a network to pictures. Here the network stays as it is and the pictures are adjusted: each begins
            as gray or noise, and each step follows the gradient of the answer that you choose. All three methods climb the same
            network; what they differ in is what a picture can be made of.
          </p>
          <fieldset class="settings" ?disabled=${isRunning || choices === undefined}>
            <legend>What and how</legend>
            <span>
              <label for="wanted">To please</label>
              <select id="wanted" ?disabled=${choices === undefined} @change=${choose}>${choices === undefined ? nothing : optionsOf(choices)}</select>
            </span>
            ${settingField('Seed', 'seed', 0)} ${settingField('Steps', 'steps', 1)}
          </fieldset>
          ${job.element}
          <p class="error" role="alert">${error}</p>
          <div class="methods">${order.map(column)}</div>
          ${result === undefined ? nothing : filmView(result)}
        `,
        section,
      );
    };

    const optionsOf = ({ classes, hiddenUnits }: MaximizationChoices) => html`
      <optgroup label="a class">
        ${classes.map((name, index) => option(`class ${index}`, `the class ${name}`))}
      </optgroup>
      ${
        hiddenUnits === 0
          ? nothing
          : html`
            <optgroup label="a unit of the last hidden layer">
              ${Array.from({ length: hiddenUnits }, (_, index) => option(`hidden ${index}`, `hidden unit ${index}`))}
            </optgroup>
          `
      }
    `;
    const option = (value: string, text: string) =>
      html`<option value=${value} .selected=${value === settings.wanted}>${text}</option>`;

    const settingField = (label: string, key: 'seed' | 'steps', min: number) =>
      numberField({
        id: `maximization-${key}`,
        label,
        value: settings[key],
        min,
        onChange: (value) => {
          settings[key] = value;
        },
      });

    const column = (method: Method) => {
      const { title, meaning } = methods[method];
      const latest = drawn.find((each) => each.method === method);
      const why = method === 'generator' ? (choices?.whyNoGenerator ?? '') : '';
      return html`
        <section aria-label=${title}>
          <h3>${title}</h3>
          <p class="note">${meaning}</p>
          ${why === '' ? nothing : html`<p>${why}</p>`}
          ${latest === undefined ? (why === '' ? html`<div class="empty">Not drawn yet.</div>` : nothing) : canvases.get(method)}
          ${latest === undefined ? nothing : numbersOf(latest)}
        </section>
      `;
    };

    const readChoices = async () => {
      try {
        choices = await page.api.maximization.choices();
        const { kind, index } = unitOf(settings.wanted);
        const count = kind === 'class' ? choices.classes.length : choices.hiddenUnits;
        if (index >= count) settings.wanted = 'class 0';
        error = '';
      } catch (thrown) {
        if (isAbort(thrown)) return;
        error = messageOf(thrown);
      }
      show();
    };

    const endTelling = page.onChange(() => {
      [drawn, result] = [[], undefined];
      void readChoices();
    });
    show();
    void readChoices();
    return () => {
      endTelling();
      job.stop();
    };
  },
};

function numbersOf({ activation, relative, reading, judged }: Wanted) {
  return html`
    <dl>
      <div>
        <dt>activation</dt>
        <dd>
          ${activation.toFixed(1)}${relative === undefined ? nothing : html`, ${relative.toFixed(2)} of the best real digit’s`}
        </dd>
      </div>
      <div><dt>the network takes it for</dt><dd>${readingInWords(reading)}</dd></div>
      ${judged === undefined ? nothing : html`<div><dt>a second network takes it for</dt><dd>${readingInWords(judged)}</dd></div>`}
    </dl>
  `;
}

function filmView({ film, moments, drawn }: Maximized) {
  const rows = drawn.map(({ method }) => methods[method].inText).join(', ');
  const columns = `after ${moments.join(', ')} steps, and the best`;
  const enlarge = film.width < 300 ? 3 : 1;
  return html`
    <h3>How they came about</h3>
    <div class="film" role="group" aria-label="Film strip" tabindex="0">
      ${pictureCanvas(film, { label: `Film strip. Rows: ${rows}. Columns: ${columns}.`, enlarge })}
    </div>
    <p class="note">Rows: ${rows}. Columns: ${columns}.</p>
  `;
}

function readingInWords({ name, probability, ofWanted }: Reading): string {
  const most = `${name}, ${percent(probability)}`;
  return ofWanted === undefined || ofWanted === probability ? most : `${most} (what was wanted: ${percent(ofWanted)})`;
}

function unitOf(wanted: string): { kind: 'class' | 'hidden'; index: number } {
  const [kind, index] = wanted.split(' ');
  return { kind: kind as 'class' | 'hidden', index: Number(index) };
}

/** About 200 pixels wide. */
function enlargementOf({ width }: { width: number }): number {
  return Math.max(1, Math.floor(200 / width));
}

/** Rounded down, so that only certainty reads 100 %; in one line. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)}\u00a0%`;
}
