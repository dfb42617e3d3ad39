import { html, nothing, render, type TemplateResult } from 'lit-html';
import { pictureCanvas } from '../canvas.ts';
import type { Chapter } from '../chapter.ts';
import { drawing } from '../drawing.ts';
import { drawingPad } from '../drawing-pad.ts';
import { longJob, messageOf } from '../long-job.ts';
import { numberField } from '../number-field.ts';
import { isAbort, type Page } from '../page.ts';
import type {
  Brightness,
  DissectedLayer,
  DissectionChoice,
  DissectionStage,
  LayerTiles,
  Tiles,
} from '../worker/units.ts';
import './units.css';

const brightnesses: Record<Brightness, string> = {
  'zero-centered': 'one scale for the layer: mid gray is zero',
  each: 'a scale for each unit: black its least, white its most',
};

export const units: Chapter = {
  id: 'units',
  title: 'What its units detect',
  question: 'What does a single unit of a network look for, and what has it to do with what we have names for?',
  mount(section, page) {
    const filters = filtersView(page);
    const activations = activationsView(page);
    const dissection = dissectionView(page);
    render(html`${filters.element} ${activations.element} ${dissection.element}`, section);
    const read = () => {
      void filters.read();
      void activations.read();
      void dissection.read();
    };
    read();
    const endTelling = page.onChange(read);
    return () => {
      endTelling();
      dissection.leave();
    };
  },
};

/** The filters of the first layer. */
function filtersView(page: Page) {
  const element = document.createElement('div');
  let tiles: Tiles | undefined;
  let error = '';

  const show = () => {
    render(
      html`
        <h3>The filters of the first layer</h3>
        <p>
          The first layer of the digit network slides these over a digit and answers where the digit resembles them. Mid gray
          is a weight of zero; white ones want ink, black ones want none.
        </p>
        <p class="error" role="alert">${error}</p>
        ${tiles === undefined ? nothing : picture(tiles, `The ${tiles.count} filters of the first layer`, 8)}
      `,
      element,
    );
  };
  return {
    element,
    read: async () => {
      [tiles, error] = [undefined, ''];
      show();
      try {
        tiles = await page.api.units.filters();
        if (tiles === undefined) error = 'The filters of your network cannot be read: its first layer is not known.';
      } catch (thrown) {
        if (isAbort(thrown)) return;
        error = messageOf(thrown);
      }
      show();
    },
  };
}

/** What each layer makes of the visitor's drawing. */
function activationsView(page: Page) {
  const element = document.createElement('div');
  let brightness: Brightness = 'zero-centered';
  let layers: LayerTiles[] = [];
  let error = '';
  let asked = 0;

  const pad = drawingPad((isWhole) => {
    if (isWhole) void read();
  });
  const choose = (event: Event) => {
    brightness = (event.target as HTMLSelectElement).value as Brightness;
    void read();
  };
  const show = () => {
    render(
      html`
        <h3>What each layer makes of a digit</h3>
        <div class="answers">
          <div>
            <p>Draw a digit or take one of the samples; it is the same drawing as in the first chapter.</p>
            ${pad}
          </div>
          <div>
            <p>
              <label for="brightness">Brightness</label>
              <select id="brightness" @change=${choose}>
                ${Object.entries(brightnesses).map(
                  ([name, text]) => html`<option value=${name} .selected=${name === brightness}>${text}</option>`,
                )}
              </select>
            </p>
            <p class="error" role="alert">${error}</p>
            ${layers.length === 0 ? html`<p class="note">Nothing is drawn yet.</p>` : layers.map(layerView)}
          </div>
        </div>
      `,
      element,
    );
  };
  const read = async () => {
    const question = ++asked;
    try {
      const answer = drawing.isEmpty()
        ? []
        : await page.api.units.activations({ pixels: drawing.pixels(), brightness });
      // A later question may be answered first.
      if (question !== asked) return;
      [layers, error] = [answer, ''];
    } catch (thrown) {
      if (isAbort(thrown)) return;
      error = messageOf(thrown);
    }
    show();
  };
  show();
  return { element, read };
}

function layerView({ layer, left, ...tiles }: LayerTiles): TemplateResult {
  const [height, width] = tiles.size;
  const many = left > 0 ? `the first ${tiles.count} of ${tiles.count + left} units` : `${tiles.count} units`;
  const what =
    height === 1 && width === 1
      ? `${many} after their ReLU, a square each: black is silent, white the loudest`
      : `${many}, ${height} x ${width} pixels each`;
  return html`
    <h4>${layer}</h4>
    <p class="note">${what}</p>
    ${picture(tiles, `Layer ${layer} on your digit: ${what}, ${tiles.columns} in a row`, enlargementOf(tiles))}
  `;
}

/** About 300 pixels wide. */
function enlargementOf({ picture: { width } }: Tiles): number {
  return Math.max(1, Math.round(300 / width));
}

function picture({ picture: drawn, columns, count }: Tiles, label: string, enlarge: number) {
  const rows = Math.ceil(count / columns);
  return pictureCanvas(drawn, { label: `${label}; ${rows} ${rows === 1 ? 'row' : 'rows'} of ${columns}`, enlarge });
}

/** Network dissection, and its report. */
function dissectionView(page: Page) {
  const element = document.createElement('div');
  const choice: DissectionChoice = { layer: 'conv4', count: 100, seed: 0, withChance: true };
  let layers: { layer: string; units: number }[] = [];
  let result: DissectedLayer | undefined;
  let files: { json: string; csv: string } | undefined;
  let error = '';

  const forget = () => {
    for (const url of Object.values(files ?? {})) URL.revokeObjectURL(url);
    [result, files] = [undefined, undefined];
  };

  const job = longJob<DissectionStage, DissectedLayer>(page, {
    start: 'Dissect the layer',
    work: (id, onProgress) => {
      forget();
      queueMicrotask(show);
      return page.api.units.dissect(id, choice, onProgress).finally(() => setTimeout(show));
    },
    describe: (stage) => stage,
    onResult: (dissected) => {
      result = dissected;
      files = { json: urlOf(dissected.json, 'application/json'), csv: urlOf(dissected.csv, 'text/csv') };
      show();
      return `${dissected.detectors} of ${dissected.units} units detect something.`;
    },
  });

  const show = () => {
    render(
      html`
        <h3>What units detect: network dissection</h3>
        <p>
          Digits have no parts with names, so this is another network. It has learned to tell six kinds of drawn scenes apart,
          as <code>examples/dissect-training</code> taught it: a street is a house and a car, a garden a house and a flower.
          Its labels said only which kind a scene is. Does any of its units detect houses, cars, roofs, or red?
        </p>
        <p>
          New scenes are drawn here, of which each pixel’s object, part, material, texture and color is known. A unit fires
          where it is among the 2 % that it is most active on. The concept that it detects is the one that agrees best with
          where it fires: what both cover, divided by what either covers (IoU).
        </p>
        <fieldset class="settings" ?disabled=${job.isRunning()}>
          <legend>What to dissect</legend>
          <span>
            <label for="scene-layer">Layer</label>
            <select
              id="scene-layer"
              @change=${(event: Event) => {
                choice.layer = (event.target as HTMLSelectElement).value;
              }}
            >
              ${layers.map(
                ({ layer, units: count }) =>
                  html`<option value=${layer} .selected=${layer === choice.layer}>${layer}, ${count} units</option>`,
              )}
            </select>
          </span>
          ${settingField('Scenes', 'count', 10, 10)} ${settingField('Seed', 'seed', 0, 1)}
          <span class="check">
            <input
              id="with-chance"
              type="checkbox"
              .checked=${choice.withChance}
              @change=${(event: Event) => {
                choice.withChance = (event.target as HTMLInputElement).checked;
              }}
            />
            <label for="with-chance">Compare with the labels of other scenes (chance)</label>
          </span>
        </fieldset>
        ${job.element}
        <p class="error" role="alert">${error}</p>
        ${result === undefined || files === undefined ? nothing : resultView(result, files)}
      `,
      element,
    );
  };

  const settingField = (label: string, key: 'count' | 'seed', min: number, step: number) =>
    numberField({
      id: `dissection-${key}`,
      label,
      value: choice[key],
      min,
      step,
      onChange: (value) => {
        choice[key] = value;
      },
    });

  show();
  return {
    element,
    read: async () => {
      forget();
      try {
        layers = await page.api.units.sceneLayers();
        error = '';
      } catch (thrown) {
        if (isAbort(thrown)) return;
        error = messageOf(thrown);
      }
      show();
    },
    leave: () => {
      job.stop();
      forget();
    },
  };
}

function resultView(result: DissectedLayer, files: { json: string; csv: string }): TemplateResult {
  const { layer, scenes, units: count, detectors, unique, aboveChance, categories, best, iouLimit, report } = result;
  const name = `${layer}-${scenes}-scenes`;
  return html`
    <h4>In short</h4>
    <dl class="facts">
      ${fact('units', count)} ${fact(`detectors, above an IoU of ${iouLimit}`, detectors)}
      ${fact('different concepts among them', unique)}
      ${aboveChance === null ? nothing : fact('units that beat chance', aboveChance)}
    </dl>
    ${
      categories.length === 0
        ? nothing
        : html`
          <p>
            By kind of concept:
            ${categories.map((each) => `${each.category} ${each.detectors} (${each.unique} different)`).join(', ')}.
          </p>
        `
    }
    ${best.length === 0 ? html`<p>No unit is above the limit.</p>` : bestTable(best)}
    <p class="buttons">
      <a href=${files.json} download="${name}.json">All units as JSON</a>
      <a href=${files.csv} download="${name}.csv">as CSV, in NetDissect’s columns</a>
    </p>
    <h4>The report</h4>
    <p class="note">
      A page of its own: its lists can be sorted and filtered. Outlined in the pictures is where the unit fires.
    </p>
    <iframe
      class="report"
      title="Report of the dissection of ${layer}"
      sandbox="allow-scripts"
      .srcdoc=${withOwnLinks(report)}
    ></iframe>
  `;
}

/** Without a base of its own, a link to one of its headings would lead to this page. */
function withOwnLinks(report: string): string {
  return report.replace('<head>', '<head><base href="about:srcdoc">');
}

function bestTable(best: DissectedLayer['best']): TemplateResult {
  return html`
    <div class="table" tabindex="0" role="group" aria-label="The surest detectors">
      <table>
        <caption>The surest detectors (“-c” ends the name of a color, as in NetDissect)</caption>
        <thead>
          <tr><th scope="col">unit</th><th scope="col">detects</th><th scope="col">a kind of</th><th scope="col">IoU</th></tr>
        </thead>
        <tbody>
          ${best.map(
            ({ unit, concept, category, iou }) => html`
              <tr><th scope="row">${unit}</th><td>${concept}</td><td>${category}</td><td>${iou.toFixed(3)}</td></tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  `;
}

function fact(name: string, value: number): TemplateResult {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function urlOf(text: string, type: string): string {
  return URL.createObjectURL(new Blob([text], { type }));
}
