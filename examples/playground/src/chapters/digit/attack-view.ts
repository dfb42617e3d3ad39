import { html, nothing, render, type TemplateResult } from 'lit-html';
import { drawing } from '../../drawing.ts';
import { type LongJob, longJob, messageOf } from '../../long-job.ts';
import type { Page } from '../../page.ts';
import type { Attack, Attacked, EpsilonAttack } from '../../worker/digit.ts';
import { attackedView } from './attacked-view.ts';
import { latestOnly } from './latest-only.ts';
import { named } from './words.ts';

const attacks: Record<Attack, { title: string; meaning: string; hasEpsilon: boolean }> = {
  fgsm: {
    title: 'FGSM',
    meaning: 'One step: every pixel moves by epsilon, up or down, whichever makes the network less sure.',
    hasEpsilon: true,
  },
  pgd: {
    title: 'PGD',
    meaning: 'Twenty small steps like that of FGSM; no pixel ends farther than epsilon from where it was.',
    hasEpsilon: true,
  },
  deepFool: {
    title: 'DeepFool',
    meaning:
      'Treats the network as linear, walks straight to its nearest decision boundary, and repeats that until it is across.',
    hasEpsilon: false,
  },
  carliniWagner: {
    title: 'Carlini-Wagner',
    meaning:
      'Searches long for the change of the smallest length: it minimizes the change and the difference of logits together.',
    hasEpsilon: false,
  },
};

/** Everything that the view shows. */
interface AttackState {
  attack: Attack;
  epsilon: number;
  attacked: Attacked | undefined;
  error: string;
}

/** The smallest change that fools the network, and one of a chosen strength. */
export function attackView(page: Page) {
  const element = document.createElement('div');
  const state: AttackState = { attack: 'fgsm', epsilon: 0.1, attacked: undefined, error: '' };
  const show = () => {
    job.enable(!drawing.isEmpty());
    render(view(state, job, { choose, move }), element);
  };
  const job = smallestChangeJob(state, page, show);
  const forget = () => {
    job.stop();
    state.attacked = undefined;
    show();
  };
  const choose = (attack: Attack) => {
    state.attack = attack;
    forget();
  };
  const attackAt = latestOnly(
    async (epsilon: number) => {
      const { attack } = state;
      if (drawing.isEmpty() || !isEpsilonAttack(attack)) return;
      const attacked = await page.api.digit.attack({ pixels: drawing.pixels(), attack, epsilon });
      Object.assign(state, { attacked, error: '' });
      show();
    },
    (thrown) => {
      state.error = messageOf(thrown);
      show();
    },
  );
  const move = (epsilon: number) => {
    state.epsilon = epsilon;
    show();
    attackAt(epsilon);
  };
  show();
  return { element, job, forget };
}

function smallestChangeJob(state: AttackState, page: Page, show: () => void): LongJob {
  return longJob(page, {
    start: 'Find the smallest change',
    work: (id, onProgress: (progress: { done: number; total: number }) => void) =>
      page.api.digit.smallest(id, { pixels: drawing.pixels(), attack: state.attack }, onProgress),
    describe: ({ done, total }) => ({ done, of: total, text: `step ${done} of at most ${total}` }),
    onResult: (found) => {
      const { title, hasEpsilon } = attacks[state.attack];
      state.attacked = found;
      if (found !== undefined && hasEpsilon) state.epsilon = found.largest;
      show();
      if (found === undefined) return `${title} found no change that breaks it.`;
      return `${title} breaks it: ${named(found.before)} becomes ${named(found.after)}.`;
    },
  });
}

interface AttackActions {
  choose(attack: Attack): void;
  /** Moves the slider. */
  move(epsilon: number): void;
}

function view(state: AttackState, job: LongJob, actions: AttackActions): TemplateResult {
  const { attack, attacked, error } = state;
  const { meaning, hasEpsilon } = attacks[attack];
  return html`
    <h3>The smallest change that breaks it</h3>
    <p>
      <label for="attack">Attack</label>
      <select id="attack" @change=${(event: Event) => actions.choose((event.target as HTMLSelectElement).value as Attack)}>
        ${Object.entries(attacks).map(([name, { title }]) => html`<option value=${name}>${title}</option>`)}
      </select>
    </p>
    <p>${meaning}</p>
    ${job.element} ${epsilonSlider(state.epsilon, hasEpsilon, actions)}
    <p class="note" ?hidden=${hasEpsilon}>This attack has no epsilon to choose: it finds out how far it has to go.</p>
    <p class="error" role="alert">${error}</p>
    ${drawing.isEmpty() ? html`<p class="note">Draw a digit first, or choose one.</p>` : nothing}
    ${attacked === undefined ? nothing : attackedView(attacked)}
  `;
}

function epsilonSlider(epsilon: number, isShown: boolean, { move }: AttackActions): TemplateResult {
  // A slider without steps can show exactly what was found, but its keys move it far too little.
  const slideByKey = (event: KeyboardEvent) => {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    move(Math.min(0.5, Math.max(0, epsilon + steps * 0.005)));
  };
  return html`
    <p ?hidden=${!isShown}>
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
        @input=${(event: Event) => move(Number((event.target as HTMLInputElement).value))}
        @keydown=${slideByKey}
      />
      <output for="epsilon">${epsilon.toFixed(3)}</output>
    </p>
  `;
}

function isEpsilonAttack(attack: Attack): attack is EpsilonAttack {
  return attacks[attack].hasEpsilon;
}
