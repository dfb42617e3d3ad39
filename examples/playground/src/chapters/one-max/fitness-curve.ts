import { html, type TemplateResult } from 'lit-html';
import { lineChart } from '../../line-chart.ts';
import type { OneMaxGeneration } from '../../worker/one-max.ts';

/** Best, mean and worst fitness by generation, of genomes of `length` bits. */
export function fitnessCurve(history: readonly OneMaxGeneration[], length: number): TemplateResult {
  const { best, mean, worst } = history.at(-1)!;
  return html`
    <h3>Fitness by generation</h3>
    ${lineChart({
      label: `In generation ${history.length - 1} the best genome has ${best} ones of ${length}, the mean ${mean.toFixed(1)}, the worst ${worst}; in generation 0 the best had ${history[0]!.best}.`,
      lines: [
        { name: 'best', values: history.map((generation) => generation.best) },
        { name: 'mean', values: history.map((generation) => generation.mean) },
        { name: 'worst', values: history.map((generation) => generation.worst) },
      ],
      levels: [0, length / 2, length].map((value) => ({ value, text: String(value) })),
    })}
  `;
}
