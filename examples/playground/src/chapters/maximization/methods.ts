import { html, nothing, type TemplateResult } from 'lit-html';
import type { Method, Reading, Wanted } from '../../worker/maximization.ts';

export const methods: Record<Method, { title: string; inText: string; meaning: string }> = {
  pixels: {
    title: 'Plain pixels',
    inText: 'plain pixels',
    meaning: 'Each pixel follows the gradient. Nothing keeps the picture natural.',
  },
  fourier: {
    title: 'Fourier with robustness',
    inText: 'Fourier with robustness',
    meaning:
      'The coefficients of waves follow the gradient, while the picture is shifted, rotated and scaled at random before each step, as in lucid. Only shapes that survive such movement remain.',
  },
  generator: {
    title: 'A learned generator',
    inText: 'a learned generator',
    meaning:
      'A network that has learned to draw digits makes the picture; the gradient only tells it what to draw (DGN-AM). Whatever it draws consists of strokes.',
  },
};
export const methodOrder: readonly Method[] = ['pixels', 'fourier', 'generator'];

export interface MethodColumnOptions {
  method: Method;
  canvas: HTMLCanvasElement;
  /** What it has drawn so far. */
  latest: Wanted | undefined;
  /** Why it cannot draw; empty if it can. */
  whyNot: string;
}

/** What a method is, what it has drawn and how good that is. */
export function methodColumn({ method, canvas, latest, whyNot }: MethodColumnOptions): TemplateResult {
  const { title, meaning } = methods[method];
  return html`
    <section aria-label=${title}>
      <h3>${title}</h3>
      <p class="note">${meaning}</p>
      ${whyNot === '' ? nothing : html`<p>${whyNot}</p>`}
      ${latest === undefined ? (whyNot === '' ? html`<div class="empty">Not drawn yet.</div>` : nothing) : canvas}
      ${latest === undefined ? nothing : numbersOf(latest)}
    </section>
  `;
}

function numbersOf({ activation, relative, reading, judged }: Wanted): TemplateResult {
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

/** Such as `3, 99.8 %`. */
export function readingInWords({ name, probability, ofWanted }: Reading): string {
  const most = `${name}, ${percent(probability)}`;
  return ofWanted === undefined || ofWanted === probability ? most : `${most} (the wanted class: ${percent(ofWanted)})`;
}

/** Rounded down, so that only certainty reads 100 %; in one line. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)}\u00a0%`;
}
