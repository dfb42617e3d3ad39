import { html, nothing, render } from 'lit-html';
import { messageOf } from '../../long-job.ts';
import { isAbort, type Page } from '../../page.ts';
import type { Tiles } from '../../worker/units.ts';
import { tilesCanvas } from './tiles-canvas.ts';

/** The filters of the first layer. */
export function filtersView(page: Page) {
  const element = document.createElement('div');
  let tiles: Tiles | undefined;
  let error = '';

  const show = () => {
    render(
      html`
        <h3>The filters of the first layer</h3>
        <p>
          The first layer of the digit network slides these filters over a digit and responds where the digit resembles them.
          Mid gray is a weight of zero; white weights respond to ink, black ones to its absence.
        </p>
        <p class="error" role="alert">${error}</p>
        ${tiles === undefined ? nothing : tilesCanvas(tiles, `The ${tiles.count} filters of the first layer`, 8)}
      `,
      element,
    );
  };
  return {
    element,
    read: async () => {
      [tiles, error] = [undefined, ''];
      show();
      try {
        tiles = await page.api.units.filters();
        if (tiles === undefined) error = 'The filters of your network cannot be read: its first layer is not known.';
      } catch (thrown) {
        if (isAbort(thrown)) return;
        error = messageOf(thrown);
      }
      show();
    },
  };
}
