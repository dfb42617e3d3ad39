import { html, render } from 'lit-html';
import { drawPicture } from '../../canvas.ts';
import { drawing } from '../../drawing.ts';
import { messageOf } from '../../long-job.ts';
import type { Answer } from '../../worker/digit.ts';
import { pictureOfPixels } from './picture-of-pixels.ts';
import { named, percent } from './words.ts';

/** What the network sees, and what it takes it for. */
export function predictionView() {
  const element = document.createElement('div');
  const seen = document.createElement('canvas');
  let answer: Answer | undefined;
  let spoken = '';
  let error = '';

  const show = () => {
    const label = answer === undefined ? 'Nothing is drawn' : 'Your digit, centered, in 28 x 28 pixels';
    drawPicture(seen, pictureOfPixels(drawing.pixels()), { label, enlarge: 4 });
    render(
      html`
        <h3>What it is taken for</h3>
        <p class="answer">${answer === undefined ? 'Nothing is drawn yet.' : said(answer)}</p>
        <p class="unseen" role="status">${spoken}</p>
        <p class="error" role="alert">${error}</p>
        ${bars(answer)}
        <figure>
          ${seen}
          <figcaption>
            What the network sees. Like the digits of MNIST that it learned from, yours is scaled to 20 pixels and shifted
            until its center of mass is in the middle of 28 x 28 pixels.
          </figcaption>
        </figure>
      `,
      element,
    );
  };

  show();
  return {
    element,
    show: (latest: Answer | undefined, isWhole: boolean) => {
      [answer, error] = [latest, ''];
      // Not at every movement of the pen.
      if (isWhole) spoken = answer === undefined ? '' : said(answer);
      show();
    },
    fail: (thrown: unknown) => {
      error = messageOf(thrown);
      show();
    },
  };
}

function bars(answer: Answer | undefined) {
  const classes = answer?.classes ?? Array.from({ length: 10 }, (_, label) => String(label));
  return html`
    <ul class="bars" aria-label="Probability of each class">
      ${classes.map((name, label) => {
        const probability = answer?.probabilities[label] ?? 0;
        return html`
          <li class=${label === answer?.label ? 'most' : ''}>
            <span class="name">${name}</span>
            <span class="bar"><span style="width: ${100 * probability}%"></span></span>
            <span class="share">${percent(probability)}</span>
          </li>
        `;
      })}
    </ul>
  `;
}

function said(answer: Answer): string {
  return `It is taken for ${named(answer)}.`;
}
