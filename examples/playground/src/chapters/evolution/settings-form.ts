import { html, type TemplateResult } from 'lit-html';
import { numberField } from '../../number-field.ts';
import type { EncodingName } from '../../worker/evolution.ts';

export interface EvolutionSettings {
  encoding: EncodingName;
  seed: number;
  /** The last generation. */
  generations: number;
}

const meanings: Record<EncodingName, string> = {
  cppn: 'patterns: drawn by a small network that grows (CPPN)',
  direct: 'pixels: each is a gene, random at first',
};

/** Encoding, seed and last generation; changes `settings`. */
export function settingsForm(settings: EvolutionSettings, isDisabled: boolean): TemplateResult {
  const field = (label: string, key: 'seed' | 'generations', min: number) =>
    numberField({
      id: `evolution-${key}`,
      label,
      value: settings[key],
      min,
      onChange: (value) => {
        settings[key] = value;
      },
    });
  return html`
    <fieldset class="settings" ?disabled=${isDisabled}>
      <legend>Settings</legend>
      <span>
        <label for="evolution-encoding">Genomes are</label>
        <select
          id="evolution-encoding"
          @change=${(event: Event) => {
            settings.encoding = (event.target as HTMLSelectElement).value as EncodingName;
          }}
        >
          ${Object.entries(meanings).map(
            ([name, meaning]) =>
              html`<option value=${name} .selected=${name === settings.encoding}>${meaning}</option>`,
          )}
        </select>
      </span>
      ${field('Seed', 'seed', 0)} ${field('Last generation', 'generations', 1)}
    </fieldset>
  `;
}
