import { html, type TemplateResult } from 'lit-html';

export interface NumberFieldOptions {
  id: string;
  label: string;
  /** NaN shows nothing. */
  value: number;
  min: number;
  /** Default: 1. */
  step?: number;
  /** NaN where nothing is entered: what the number is for says so in words. */
  onChange: (value: number) => void;
}

/** A number with its label. */
export function numberField({ id, label, value, min, step = 1, onChange }: NumberFieldOptions): TemplateResult {
  return html`
    <span>
      <label for=${id}>${label}</label>
      <input
        id=${id}
        type="number"
        min=${min}
        step=${step}
        .value=${Number.isNaN(value) ? '' : String(value)}
        @change=${(event: Event) => onChange((event.target as HTMLInputElement).valueAsNumber)}
      />
    </span>
  `;
}
