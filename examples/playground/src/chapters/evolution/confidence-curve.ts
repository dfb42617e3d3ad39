import { html, type TemplateResult } from 'lit-html';
import { lineChart } from '../../line-chart.ts';
import { percent } from './percent.ts';

/** Median confidence by generation, on a scale that shows how little is missing to certainty. */
export function confidenceCurve(medians: readonly number[]): TemplateResult {
  return html`
    <h3>Confidence by generation</h3>
    ${lineChart({
      label: inWords(medians),
      lines: [{ name: 'median over the digits', values: medians.map(ninesOf) }],
      levels: [0, 0.9, 0.99, 0.999, 0.9999].map((share) => ({
        value: ninesOf(share),
        text: `${Number((100 * share).toFixed(2))} %`,
      })),
    })}
    <p class="note">Each line is ten times closer to certainty than the one below it.</p>
  `;
}

function inWords(medians: readonly number[]): string {
  const [first = 0, last = 0] = [medians[0], medians.at(-1)];
  return `The median confidence rises from ${percent(first)} to ${percent(last)} in ${medians.length - 1} generations.`;
}

/** What is missing to certainty, as a power of ten; up to the 99.99 % at which evolution ends. */
function ninesOf(share: number): number {
  return Math.min(4, -Math.log10(1 - share));
}
