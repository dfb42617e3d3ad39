import { html, nothing, type TemplateResult } from 'lit-html';
import { numberField } from '../../number-field.ts';
import type { MaximizationChoices } from '../../worker/maximization.ts';

export interface MaximizationSettings {
  /** `class 3` or `hidden 3`. */
  wanted: string;
  seed: number;
  steps: number;
}

/** What is wanted, with which seed, in how many steps; changes `settings`. */
export function settingsForm(
  settings: MaximizationSettings,
  choices: MaximizationChoices | undefined,
  isRunning: boolean,
): TemplateResult {
  const field = (label: string, key: 'seed' | 'steps', min: number) =>
    numberField({
      id: `maximization-${key}`,
      label,
      value: settings[key],
      min,
      onChange: (value) => {
        settings[key] = value;
      },
    });
  const choose = (event: Event) => {
    settings.wanted = (event.target as HTMLSelectElement).value;
  };
  return html`
    <fieldset class="settings" ?disabled=${isRunning || choices === undefined}>
      <legend>Settings</legend>
      <span>
        <label for="wanted">Maximize</label>
        <select id="wanted" ?disabled=${choices === undefined} @change=${choose}>
          ${choices === undefined ? nothing : wantedOptions(choices, settings.wanted)}
        </select>
      </span>
      ${field('Seed', 'seed', 0)} ${field('Steps', 'steps', 1)}
    </fieldset>
  `;
}

function wantedOptions({ classes, hiddenUnits }: MaximizationChoices, wanted: string): TemplateResult {
  const option = (value: string, text: string) =>
    html`<option value=${value} .selected=${value === wanted}>${text}</option>`;
  const units = Array.from({ length: hiddenUnits }, (_, index) => option(`hidden ${index}`, `hidden unit ${index}`));
  return html`
    <optgroup label="a class">
      ${classes.map((name, index) => option(`class ${index}`, `the class ${name}`))}
    </optgroup>
    ${hiddenUnits === 0 ? nothing : html`<optgroup label="a unit of the last hidden layer">${units}</optgroup>`}
  `;
}

/** @param wanted `class 3` or `hidden 3`. */
export function unitOf(wanted: string): { kind: 'class' | 'hidden'; index: number } {
  const [kind, index] = wanted.split(' ');
  return { kind: kind as 'class' | 'hidden', index: Number(index) };
}
