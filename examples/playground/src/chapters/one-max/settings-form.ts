import { html, type TemplateResult } from 'lit-html';
import type { CrossoverName, OneMaxSettings, SelectionName } from '../../worker/one-max.ts';

const selections: Record<SelectionName, string> = {
  tournament: 'tournament: the best of three',
  roulette: 'roulette: by fitness',
  universal: 'stochastic universal sampling',
  rank: 'rank: linear in the rank',
  truncation: 'truncation: from the better half',
};
const crossovers: Record<CrossoverName, string> = {
  'two-point': 'two points: the bits between',
  'one-point': 'one point: the bits behind',
  uniform: 'uniform: each bit by coin toss',
  none: 'none',
};
const paces = { 600: 'slow', 120: 'moderate', 0: 'as fast as possible' };

export interface SettingsFormOptions {
  settings: OneMaxSettings;
  pause: number;
  onChange: (changed: Partial<OneMaxSettings>) => void;
  onPause: (pause: number) => void;
}

/** Operators, numbers and pace. */
export function settingsForm({ settings, pause, onChange, onPause }: SettingsFormOptions): TemplateResult {
  const number = (name: string, key: 'populationSize' | 'length' | 'seed', min: number, max?: number) =>
    numberInput({ name, key, min, max, value: settings[key], onChange: (value) => onChange({ [key]: value }) });
  return html`
    <fieldset>
      <legend>Settings</legend>
      <div class="settings">
        ${chooser('Selection', 'selection', selections, settings.selection, (selection) => onChange({ selection }))}
        ${chooser('Crossover', 'crossover', crossovers, settings.crossover, (crossover) => onChange({ crossover }))}
        <label for="one-max-mutation">Children that mutate</label>
        <span class="fields mutation">
          <input
            id="one-max-mutation"
            type="range"
            min="0"
            max="1"
            step="0.05"
            .value=${String(settings.mutationRate)}
            @change=${(event: Event) => onChange({ mutationRate: (event.target as HTMLInputElement).valueAsNumber })}
          />
          <output for="one-max-mutation">${Math.round(100 * settings.mutationRate)}\u00a0%</output>
        </span>
        <span>Numbers</span>
        <span class="fields numbers">
          ${number('genomes', 'populationSize', 2, 200)} ${number('bits', 'length', 2, 64)} ${number('seed', 'seed', 0)}
        </span>
        ${chooser('Pace of a run', 'pace', paces, String(pause), (milliseconds) => onPause(Number(milliseconds)))}
      </div>
    </fieldset>
  `;
}

function chooser<T extends string>(
  name: string,
  id: string,
  meanings: Readonly<Record<T, string>>,
  chosen: string,
  onChoose: (value: T) => void,
): TemplateResult {
  return html`
    <label for="one-max-${id}">${name}</label>
    <select id="one-max-${id}" @change=${(event: Event) => onChoose((event.target as HTMLSelectElement).value as T)}>
      ${Object.entries<string>(meanings).map(
        ([value, meaning]) => html`<option value=${value} .selected=${value === chosen}>${meaning}</option>`,
      )}
    </select>
  `;
}

interface NumberInputOptions {
  name: string;
  key: string;
  min: number;
  max: number | undefined;
  value: number;
  onChange: (value: number) => void;
}

function numberInput({ name, key, min, max, value, onChange }: NumberInputOptions): TemplateResult {
  return html`
    <span>
      <input
        id="one-max-${key}"
        type="number"
        min=${min}
        max=${max ?? Number.MAX_SAFE_INTEGER}
        step="1"
        .value=${String(value)}
        @change=${(event: Event) => {
          const input = event.target as HTMLInputElement;
          if (input.reportValidity()) onChange(input.valueAsNumber);
        }}
      />
      <label for="one-max-${key}">${name}</label>
    </span>
  `;
}
