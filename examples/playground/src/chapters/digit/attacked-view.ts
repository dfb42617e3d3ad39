import { html, type TemplateResult } from 'lit-html';
import { pictureCanvas } from '../../canvas.ts';
import { drawing } from '../../drawing.ts';
import type { Attacked } from '../../worker/digit.ts';
import { pictureOfPixels } from './picture-of-pixels.ts';
import { named } from './words.ts';

/** The digit before and after an attack, and the change between the two. */
export function attackedView(attacked: Attacked): TemplateResult {
  const { isFooled, before, after, image, perturbation, amplification, largest, length } = attacked;
  const times = Number.isInteger(amplification) ? amplification : amplification.toFixed(2);
  const [was, is] = [named(before), named(after)];
  return html`
    <div class="pictures">
      <figure>
        ${pictureCanvas(pictureOfPixels(drawing.pixels()), { label: 'Your digit', enlarge: 6 })}
        <figcaption>Your digit: ${was}</figcaption>
      </figure>
      <figure>
        ${pictureCanvas(perturbation, { label: `The change, ${times} times as strong, around gray`, enlarge: 6 })}
        <figcaption>The change, ${times} times as strong; gray means none</figcaption>
      </figure>
      <figure>
        ${pictureCanvas(image, { label: `The changed digit, taken for ${is}`, enlarge: 6 })}
        <figcaption>Changed: ${is}</figcaption>
      </figure>
    </div>
    <p>
      ${isFooled ? html`<strong>Fooled.</strong>` : 'Not fooled.'} The pixel that changed most changed by
      ${largest.toFixed(3)}; the whole change has the length ${length.toFixed(2)}.
    </p>
  `;
}
