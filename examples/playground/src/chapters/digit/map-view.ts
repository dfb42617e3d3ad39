import { html, nothing, render } from 'lit-html';
import { pictureCanvas } from '../../canvas.ts';
import { drawing } from '../../drawing.ts';
import { longJob } from '../../long-job.ts';
import type { Page } from '../../page.ts';
import type { Decisions } from '../../worker/digit.ts';
import { article, percent } from './words.ts';

/** The network's decisions on a plane through the drawing. */
export function mapView(page: Page) {
  const element = document.createElement('div');
  let extent = 5;
  let decisions: Decisions | undefined;

  const job = longJob(page, {
    start: 'Draw the map',
    work: (id, onProgress: (progress: { done: number; total: number }) => void) =>
      page.api.digit.decisions(id, { pixels: drawing.pixels(), extent }, onProgress),
    describe: ({ done, total }) => ({ done, of: total, text: `${done} of ${total} points` }),
    onResult: (result) => {
      decisions = result;
      show();
      const { name, distance } = result;
      return distance === null
        ? `On the whole map it is taken for ${article(name)}.`
        : `The nearest point of the map that is not taken for ${article(name)} is ${distance.toFixed(2)} from the middle.`;
    },
  });

  const show = () => {
    job.enable(!drawing.isEmpty());
    render(
      html`
        <h3>The decisions around it</h3>
        <p>
          Your digit is in the middle. To the right is the direction in which the network’s confidence falls fastest; upwards
          is a random direction. Pixels that would be darker than black or brighter than white are clipped. Each color is a
          class, paler where the network is less sure.
        </p>
        <p>
          <label for="extent">From the middle to the edge</label><br />
          <input id="extent" type="range" min="1" max="10" step="1" .value=${String(extent)} @input=${slide} />
          <output for="extent">${extent}</output>
        </p>
        ${job.element} ${decisions === undefined ? nothing : decisionsView(decisions)}
      `,
      element,
    );
  };

  const slide = (event: Event) => {
    extent = Number((event.target as HTMLInputElement).value);
    show();
  };

  show();
  return {
    element,
    job,
    forget: () => {
      job.stop();
      decisions = undefined;
      show();
    },
  };
}

function decisionsView({ picture, legend }: Decisions) {
  const shares = legend.map(({ name, share }) => `${name} ${percent(share)}`).join(', ');
  return html`
    <figure class="map">
      ${pictureCanvas(picture, { label: `Map of the decisions around your digit: ${shares} of its points` })}
      <ul class="legend">
        ${legend.map(
          ({ name, color, share }) => html`
            <li><span class="swatch" style="background: ${color}"></span> ${name}: ${percent(share)} of the map</li>
          `,
        )}
      </ul>
    </figure>
  `;
}
