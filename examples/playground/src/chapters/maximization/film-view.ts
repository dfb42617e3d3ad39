import { html, type TemplateResult } from 'lit-html';
import { pictureCanvas } from '../../canvas.ts';
import type { Maximized } from '../../worker/maximization.ts';
import { methods } from './methods.ts';

/** How the pictures developed, a row for each method. */
export function filmView({ film, moments, drawn }: Maximized): TemplateResult {
  const rows = drawn.map(({ method }) => methods[method].inText).join(', ');
  const columns = `after ${moments.join(', ')} steps, and the best`;
  const enlarge = film.width < 300 ? 3 : 1;
  return html`
    <h3>How they developed</h3>
    <div class="film" role="group" aria-label="Film strip" tabindex="0">
      ${pictureCanvas(film, { label: `Film strip. Rows: ${rows}. Columns: ${columns}.`, enlarge })}
    </div>
    <p class="note">Rows: ${rows}. Columns: ${columns}.</p>
  `;
}
