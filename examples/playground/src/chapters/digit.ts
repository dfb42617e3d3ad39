import { html, nothing, render } from 'lit-html';
import { drawPicture, pictureCanvas } from '../canvas.ts';
import type { Chapter } from '../chapter.ts';
import { drawing } from '../drawing.ts';
import { drawingPad } from '../drawing-pad.ts';
import { longJob, messageOf } from '../long-job.ts';
import { isAbort, type Page } from '../page.ts';
import type { Answer, Attack, Attacked, Decisions, EpsilonAttack } from '../worker/digit.ts';
import type { Picture } from '../worker/picture.ts';
import './digit.css';

const attacks: Record<Attack, { title: string; meaning: string; hasEpsilon: boolean }> = {
  fgsm: {
    title: 'FGSM',
    meaning: 'One step: every pixel moves by epsilon, up or down, whichever makes the network less sure.',
    hasEpsilon: true,
  },
  pgd: {
    title: 'PGD',
    meaning: 'Twenty small steps of that kind; no pixel ends farther than epsilon from where it was.',
    hasEpsilon: true,
  },
  deepFool: {
    title: 'DeepFool',
    meaning:
      'Takes the network for a linear one, walks straight to its nearest boundary, and does so again until across.',
    hasEpsilon: false,
  },
  carliniWagner: {
    title: 'Carlini-Wagner',
    meaning: 'Searches long for the change of the least length: both the change and the logits are minimized together.',
    hasEpsilon: false,
  },
};

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

/** What the network sees, and what it takes it for. */
function predictionView() {
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
            What the network sees: as the digits of MNIST that it learned from, yours is scaled to 20 pixels and shifted until
            its center of mass is in the middle of 28 x 28.
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

/** The smallest change, and the one of a chosen strength. */
function attackView(page: Page) {
  const element = document.createElement('div');
  let attack: Attack = 'fgsm';
  let epsilon = 0.1;
  let attacked: Attacked | undefined;
  let error = '';

  const job = longJob(page, {
    start: 'Find the smallest change',
    work: (id, onProgress: (progress: { done: number; total: number }) => void) =>
      page.api.digit.smallest(id, { pixels: drawing.pixels(), attack }, onProgress),
    describe: ({ done, total }) => ({ done, of: total, text: `step ${done} of at most ${total}` }),
    onResult: (found) => {
      attacked = found;
      if (found !== undefined && attacks[attack].hasEpsilon) epsilon = found.largest;
      show();
      if (found === undefined) return `${attacks[attack].title} found no change that breaks it.`;
      return `${attacks[attack].title} breaks it: ${named(found.before)} becomes ${named(found.after)}.`;
    },
  });

  const attackAt = latestOnly(
    async (at: number) => {
      if (drawing.isEmpty() || !isEpsilonAttack(attack)) return;
      attacked = await page.api.digit.attack({ pixels: drawing.pixels(), attack, epsilon: at });
      error = '';
      show();
    },
    (thrown) => {
      error = messageOf(thrown);
      show();
    },
  );

  const slide = (event: Event) => {
    epsilon = Number((event.target as HTMLInputElement).value);
    show();
    attackAt(epsilon);
  };

  const choose = (event: Event) => {
    attack = (event.target as HTMLSelectElement).value as Attack;
    job.stop();
    attacked = undefined;
    show();
  };

  const show = () => {
    const { meaning, hasEpsilon } = attacks[attack];
    job.enable(!drawing.isEmpty());
    render(
      html`
        <h3>The smallest change that breaks it</h3>
        <p>
          <label for="attack">Attack</label>
          <select id="attack" @change=${choose}>
            ${Object.entries(attacks).map(([name, { title }]) => html`<option value=${name}>${title}</option>`)}
          </select>
        </p>
        <p>${meaning}</p>
        ${job.element}
        <p ?hidden=${!hasEpsilon}>
          <label for="epsilon">Epsilon, the largest change of a pixel (black to white is 1)</label><br />
          <input
            id="epsilon"
            type="range"
            min="0"
            max="0.5"
            step="any"
            ?disabled=${drawing.isEmpty()}
            .value=${String(epsilon)}
            aria-valuetext=${epsilon.toFixed(3)}
            @input=${slide}
            @keydown=${slideByKey}
          />
          <output for="epsilon">${epsilon.toFixed(3)}</output>
        </p>
        <p class="note" ?hidden=${hasEpsilon}>This attack has no epsilon to choose: it finds by itself how far to go.</p>
        <p class="error" role="alert">${error}</p>
        ${drawing.isEmpty() ? html`<p class="note">Draw a digit first, or choose one.</p>` : nothing}
        ${attacked === undefined ? nothing : attackedView(attacked)}
      `,
      element,
    );
  };

  // A slider without steps, so that what was found can be shown, moves by far too little.
  const slideByKey = (event: KeyboardEvent) => {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    epsilon = Math.min(0.5, Math.max(0, epsilon + steps * 0.005));
    show();
    attackAt(epsilon);
  };

  show();
  return {
    element,
    job,
    forget: () => {
      job.stop();
      attacked = undefined;
      show();
    },
  };
}

function attackedView({ isFooled, before, after, image, perturbation, amplification, largest, length }: Attacked) {
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
        <figcaption>The change, ${times} x; gray is none</figcaption>
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

/** The classes on a plane through the drawing. */
function mapView(page: Page) {
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
          Your digit is in the middle. To the right lies the way on which the network loses its opinion fastest, upwards a
          random one; what would be darker than black or brighter than white is cut off. Each color is a class, paler where
          the network is less sure.
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

/** Runs with the latest argument; what came in between is left out. */
function latestOnly<T>(run: (argument: T) => Promise<void>, fail: (error: unknown) => void): (argument: T) => void {
  let isBusy = false;
  let waiting: { argument: T } | undefined;
  const start = async (argument: T) => {
    isBusy = true;
    try {
      await run(argument);
    } catch (error) {
      if (!isAbort(error)) fail(error);
    }
    isBusy = false;
    const next = waiting;
    waiting = undefined;
    if (next !== undefined) void start(next.argument);
  };
  return (argument) => {
    if (isBusy) waiting = { argument };
    else void start(argument);
  };
}

function isEpsilonAttack(attack: Attack): attack is EpsilonAttack {
  return attacks[attack].hasEpsilon;
}

function said(answer: Answer): string {
  return `It is taken for ${named(answer)}.`;
}

function named({ classes, label, probabilities }: Answer): string {
  return `${article(classes[label]!)}, ${percent(probabilities[label]!)}`;
}

function article(name: string): string {
  return /^(8|11|18|[aeio])/.test(name) ? `an ${name}` : `a ${name}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

function pictureOfPixels(pixels: Float32Array): Picture {
  const data = new Uint8ClampedArray(pixels.length * 4);
  for (const [pixel, value] of pixels.entries()) data.set([255 * value, 255 * value, 255 * value, 255], 4 * pixel);
  return { width: 28, height: 28, data };
}
