import { html, type TemplateResult } from 'lit-html';
import type { GenomeRow } from './genome-rows.ts';

/** A table of genomes, bit by bit. */
export function genomeTable(rows: readonly GenomeRow[]): TemplateResult {
  const hasFitness = rows.some(({ fitness }) => fitness !== undefined);
  const hasNotes = rows.some(({ note }) => note !== '');
  // More bits than that take two lines.
  const bitsInLine = Math.min(32, rows[0]?.bits.length ?? 0);
  return html`
    <table class="genomes" style="--bits: ${bitsInLine}">
      <thead>
        <tr>
          <th scope="col">#</th>
          <th scope="col">bits</th>
          ${hasFitness ? html`<th scope="col">ones</th>` : ''} ${hasNotes ? html`<th scope="col">how</th>` : ''}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) => html`
            <tr class=${row.kind ?? ''}>
              <th scope="row">${row.name}</th>
              <td class="bits">${spansOf(row)}</td>
              ${hasFitness ? html`<td>${row.fitness}</td>` : ''} ${hasNotes ? html`<td class="note">${row.note}</td>` : ''}
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

/** Neighbors that look alike share a span. */
function spansOf({ bits, marks }: GenomeRow) {
  const spans: { look: string; text: string }[] = [];
  [...bits].forEach((bit, place) => {
    const look = `${bit === '1' ? 'on' : 'off'} ${marks?.(place) ?? ''}`;
    const last = spans.at(-1);
    if (last?.look === look) last.text += bit;
    else spans.push({ look, text: bit });
  });
  return spans.map(({ look, text }) => html`<span class=${look}>${text}</span>`);
}
