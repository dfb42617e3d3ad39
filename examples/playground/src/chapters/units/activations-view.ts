import { html, render, type TemplateResult } from 'lit-html';
import { drawing } from '../../drawing.ts';
import { drawingPad } from '../../drawing-pad.ts';
import { messageOf } from '../../long-job.ts';
import { isAbort, type Page } from '../../page.ts';
import type { Brightness, LayerTiles, Tiles } from '../../worker/units.ts';
import { tilesCanvas } from './tiles-canvas.ts';

const brightnesses: Record<Brightness, string> = {
  'zero-centered': 'one scale per layer: mid gray is zero',
  each: 'one scale per unit: black is its minimum, white its maximum',
};

/** What each layer makes of the visitor's drawing. */
export function activationsView(page: Page) {
  const element = document.createElement('div');
  let brightness: Brightness = 'zero-centered';
  let layers: LayerTiles[] = [];
  let error = '';
  let asked = 0;

  const pad = drawingPad((isWhole) => {
    if (isWhole) void read();
  });
  const choose = (event: Event) => {
    brightness = (event.target as HTMLSelectElement).value as Brightness;
    void read();
  };
  const show = () => {
    render(
      html`
        <h3>What each layer makes of a digit</h3>
        <div class="answers">
          <div>
            <p>Draw a digit or choose a sample. It is the same drawing as in the first chapter.</p>
            ${pad}
          </div>
          <div>
            <p>
              <label for="brightness">Brightness</label>
              <select id="brightness" @change=${choose}>
                ${Object.entries(brightnesses).map(
                  ([name, text]) => html`<option value=${name} .selected=${name === brightness}>${text}</option>`,
                )}
              </select>
            </p>
            <p class="error" role="alert">${error}</p>
            ${layers.length === 0 ? html`<p class="note">Nothing is drawn yet.</p>` : layers.map(layerView)}
          </div>
        </div>
      `,
      element,
    );
  };
  const read = async () => {
    const question = ++asked;
    try {
      const answer = drawing.isEmpty()
        ? []
        : await page.api.units.activations({ pixels: drawing.pixels(), brightness });
      // A later question may be answered first.
      if (question !== asked) return;
      [layers, error] = [answer, ''];
    } catch (thrown) {
      if (isAbort(thrown)) return;
      error = messageOf(thrown);
    }
    show();
  };
  show();
  return { element, read };
}

function layerView({ layer, left, ...tiles }: LayerTiles): TemplateResult {
  const [height, width] = tiles.size;
  const many = left > 0 ? `the first ${tiles.count} of ${tiles.count + left} units` : `${tiles.count} units`;
  const what =
    height === 1 && width === 1
      ? `${many} after their ReLU, one square each: black is silent, white is loudest`
      : `${many}, ${height} x ${width} pixels each`;
  return html`
    <h4>${layer}</h4>
    <p class="note">${what}</p>
    ${tilesCanvas(tiles, `Layer ${layer} on your digit: ${what}, ${tiles.columns} in a row`, enlargementOf(tiles))}
  `;
}

/** About 300 pixels wide. */
function enlargementOf({ picture: { width } }: Tiles): number {
  return Math.max(1, Math.round(300 / width));
}
