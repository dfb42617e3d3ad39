import { html, nothing, render, type TemplateResult } from 'lit-html';
import { type LongJob, longJob, messageOf } from '../../long-job.ts';
import { numberField } from '../../number-field.ts';
import { isAbort, type Page } from '../../page.ts';
import type { DissectedLayer, DissectionChoice, DissectionStage } from '../../worker/units.ts';
import { makeFiles, type ResultFiles, resultView, revokeFiles } from './result-view.ts';

/** Everything that the view shows. */
interface DissectionState {
  choice: DissectionChoice;
  /** Layers that can be dissected. */
  layers: { layer: string; units: number }[];
  result: { dissected: DissectedLayer; files: ResultFiles } | undefined;
  error: string;
}

/** Network dissection, and its report. */
export function dissectionView(page: Page) {
  const element = document.createElement('div');
  const state: DissectionState = {
    choice: { layer: 'conv4', count: 100, seed: 0, withChance: true },
    layers: [],
    result: undefined,
    error: '',
  };
  const show = () => render(view(state, job), element);
  const job = dissectionJob(state, page, show);
  show();
  return {
    element,
    async read() {
      forget(state);
      try {
        state.layers = await page.api.units.sceneLayers();
        state.error = '';
      } catch (thrown) {
        if (isAbort(thrown)) return;
        state.error = messageOf(thrown);
      }
      show();
    },
    leave() {
      job.stop();
      forget(state);
    },
  };
}

function forget(state: DissectionState): void {
  if (state.result !== undefined) revokeFiles(state.result.files);
  state.result = undefined;
}

function dissectionJob(state: DissectionState, page: Page, show: () => void): LongJob {
  return longJob<DissectionStage, DissectedLayer>(page, {
    start: 'Dissect the layer',
    work(id, onProgress) {
      forget(state);
      queueMicrotask(show);
      return page.api.units.dissect(id, state.choice, onProgress).finally(() => setTimeout(show));
    },
    describe: (stage) => stage,
    onResult(dissected) {
      state.result = { dissected, files: makeFiles(dissected) };
      show();
      return `${dissected.detectors} of ${dissected.units} units detect something.`;
    },
  });
}

function view({ choice, layers, result, error }: DissectionState, job: LongJob): TemplateResult {
  return html`
    <h3>What units detect: network dissection</h3>
    <p>
      The parts of digits have no names, so this chapter dissects another network. In
      <code>examples/dissect-training</code> it learned to tell six kinds of drawn scenes apart: a street is a house and a
      car, a garden a house and a flower. Its labels said only which kind a scene is. Does any of its units detect houses,
      cars, roofs, or red?
    </p>
    <p>
      New scenes are drawn here, with the object, part, material, texture and color of each pixel known. A unit fires on the
      2 % of all positions where it is most active. It detects the concept that agrees best with these positions: the area
      that both cover, divided by the area that either covers (IoU).
    </p>
    ${settingsForm(choice, layers, job.isRunning())} ${job.element}
    <p class="error" role="alert">${error}</p>
    ${result === undefined ? nothing : resultView(result.dissected, result.files)}
  `;
}

/** Layer, scenes, seed and chance; changes `choice`. */
function settingsForm(
  choice: DissectionChoice,
  layers: DissectionState['layers'],
  isDisabled: boolean,
): TemplateResult {
  const field = (label: string, key: 'count' | 'seed', min: number, step: number) =>
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
  return html`
    <fieldset class="settings" ?disabled=${isDisabled}>
      <legend>Settings</legend>
      <span>
        <label for="scene-layer">Layer</label>
        <select
          id="scene-layer"
          @change=${(event: Event) => {
            choice.layer = (event.target as HTMLSelectElement).value;
          }}
        >
          ${layers.map(
            ({ layer, units }) =>
              html`<option value=${layer} .selected=${layer === choice.layer}>${layer}, ${units} units</option>`,
          )}
        </select>
      </span>
      ${field('Scenes', 'count', 10, 10)} ${field('Seed', 'seed', 0, 1)}
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
  `;
}
