import { html, svg, type TemplateResult } from 'lit-html';
import './line-chart.css';

export interface LineChartOptions {
  /** What is to be seen, for those who do not see it. */
  label: string;
  /** Names and values by generation from 0 on; at most three lines, told apart by their dashes. */
  lines: readonly { name: string; values: readonly number[] }[];
  /** What is written at the axis, from the least value to the greatest. */
  levels: readonly { value: number; text: string }[];
}

const [width, height] = [360, 200];
const plot = { left: 60, right: 10, top: 10, bottom: 36 };
const dashes = ['', '6 4', '2 4'];
/** More of them would not be seen. */
const mostPoints = 400;

/** Lines by generation. */
export function lineChart({ label, lines, levels }: LineChartOptions): TemplateResult {
  const last = Math.max(1, ...lines.map(({ values }) => values.length - 1));
  const x = (generation: number) => plot.left + ((width - plot.left - plot.right) * generation) / last;
  const [least, greatest] = [levels[0]!.value, levels.at(-1)!.value];
  const y = (value: number) =>
    height - plot.bottom - ((height - plot.top - plot.bottom) * (value - least)) / (greatest - least);
  return html`
    <figure class="line-chart">
      <svg viewBox="0 0 ${width} ${height}" role="img" aria-label=${label}>
        ${levels.map(
          ({ value, text }) => svg`
            <line class="grid" x1=${plot.left} x2=${width - plot.right} y1=${y(value)} y2=${y(value)}></line>
            <text x=${plot.left - 6} y=${y(value) + 4} text-anchor="end">${text}</text>
          `,
        )}
        <text x=${plot.left} y=${height - plot.bottom + 16}>0</text>
        <text x=${width - plot.right} y=${height - plot.bottom + 16} text-anchor="end">${last}</text>
        <text x=${(plot.left + width - plot.right) / 2} y=${height - 8} text-anchor="middle">generation</text>
        ${lines.map(
          ({ values }, index) => svg`
            <polyline points=${pointsOf(values, x, y)} stroke-dasharray=${dashes[index] ?? ''}></polyline>
          `,
        )}
      </svg>
      <figcaption>${lines.map(({ name }, index) => legend(name, dashes[index] ?? ''))}</figcaption>
    </figure>
  `;
}

function pointsOf(values: readonly number[], x: (generation: number) => number, y: (value: number) => number): string {
  const every = Math.ceil(values.length / mostPoints);
  return values
    .flatMap((value, generation) =>
      generation % every === 0 || generation === values.length - 1
        ? [`${x(generation).toFixed(1)},${y(value).toFixed(1)}`]
        : [],
    )
    .join(' ');
}

function legend(name: string, dash: string): TemplateResult {
  return html`
    <span>
      <svg viewBox="0 0 28 8" aria-hidden="true"><line x1="0" x2="28" y1="4" y2="4" stroke-dasharray=${dash}></line></svg>
      ${name}
    </span>
  `;
}
