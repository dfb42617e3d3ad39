import { html, render } from 'lit-html';
import type { Chapter } from '../chapter.ts';
import { drawing } from '../drawing.ts';
import { drawingPad } from '../drawing-pad.ts';
import { attackView } from './digit/attack-view.ts';
import { latestOnly } from './digit/latest-only.ts';
import { mapView } from './digit/map-view.ts';
import { predictionView } from './digit/prediction-view.ts';
import './digit.css';

export const digit: Chapter = {
  id: 'digit',
  title: 'A digit of yours',
  question: 'What does the network take your digit for, and how small a change breaks it?',
  mount(section, page) {
    const prediction = predictionView();
    const attack = attackView(page);
    const map = mapView(page);
    const ask = latestOnly(async (isWhole: boolean) => {
      const answer = drawing.isEmpty() ? undefined : await page.api.digit.predict({ pixels: drawing.pixels() });
      prediction.show(answer, isWhole);
    }, prediction.fail);
    const drawn = (isWhole: boolean) => {
      ask(isWhole);
      if (isWhole) forget();
    };
    const forget = () => {
      attack.forget();
      map.forget();
    };
    render(
      html`
        <div class="drawing">
          <div>
            <h3>Draw a digit</h3>
            ${drawingPad(drawn)}
          </div>
          ${prediction.element}
        </div>
        ${attack.element} ${map.element}
      `,
      section,
    );
    drawn(true);
    const endTelling = page.onChange(() => drawn(true));
    return () => {
      endTelling();
      attack.job.stop();
      map.job.stop();
    };
  },
};
