import { html, render } from 'lit-html';
import './one-max.css';
import type { Chapter } from '../chapter.ts';
import { lineChart } from '../line-chart.ts';
import { longJob, messageOf } from '../long-job.ts';
import type { Page } from '../page.ts';
import type {
  Birth,
  CrossoverName,
  OneMaxGeneration,
  OneMaxSettings,
  OneMaxStep,
  SelectionName,
} from '../worker/one-max.ts';

export const oneMax: Chapter = {
  id: 'one-max',
  title: 'Evolution step by step',
  question: 'How does selection by chance find a string of ones that nobody searched for?',
  mount: mountOneMax,
};

const selections: Record<SelectionName, string> = {
  tournament: 'tournaments: the best of three drawn at random',
  roulette: 'roulette: in proportion to fitness',
  universal: 'stochastic universal sampling: one spin for all',
  rank: 'by rank, linearly',
  truncation: 'truncation: from the better half, equally',
};
const crossovers: Record<CrossoverName, string> = {
  'two-point': 'two points: what lies between two cuts',
  'one-point': 'one point: what lies behind a cut',
  uniform: 'uniform: each bit by the toss of a coin',
  none: 'none',
};
const paces = { 600: 'slow', 120: 'moderate', 0: 'as quick as can be' };

const stages = ['selection', 'crossover', 'mutation', 'evaluation'] as const;
type Stage = (typeof stages)[number];

const explanations: Record<Stage, string> = {
  selection:
    'Who becomes a parent: the generation before, the fittest first, with how often each was drawn. Those never drawn die out.',
  crossover:
    'Selected genomes meet in pairs, and half of the pairs exchange bits. The colors are those of the two parents; what came from the other parent is underlined.',
  mutation:
    'Some children mutate: each of their bits flips with a probability of 5 %. Bits that flipped are highlighted.',
  evaluation: 'Fitness is the number of ones. It is counted where the genome is new; that of a copy is known.',
};

/** Generations after which a run gives up. */
const MOST_GENERATIONS = 1000;

function mountOneMax(section: HTMLElement, page: Page): () => void {
  const settings: OneMaxSettings = {
    seed: 0,
    length: 32,
    populationSize: 30,
    selection: 'tournament',
    crossover: 'two-point',
    mutationRate: 0.2,
  };
  let pause = 120;
  let steps: OneMaxStep[] = [];
  let stage: Stage = 'evaluation';
  let said = '';
  let error = '';
  /** Which run of the settings; what is of an older one is no longer of interest. */
  let run = 0;
  /** Resolves once the latest settings have their first generation: a press of a button that changed them waits for that. */
  let beginning = Promise.resolve();
  let isStepping = false;
  let isMounted = true;

  const job = longJob<OneMaxStep, { stoppedBy: 'solved' | 'generations' }>(page, {
    start: 'Run until solved',
    work: runOn,
    describe: ({ generation: { generation, best } }) => ({
      done: best,
      of: settings.length,
      text: `generation ${generation}: best ${best} of ${settings.length}`,
    }),
    onProgress: (step) => {
      steps.push(step);
      show();
    },
    onResult: ({ stoppedBy }) =>
      stoppedBy === 'solved' ? sayWhenSolved() : `Not solved in ${MOST_GENERATIONS} generations.`,
  });

  async function runOn(id: string, onProgress: (step: OneMaxStep) => void) {
    await beginning;
    const latest = steps.at(-1);
    if (latest === undefined) throw new Error('There is no population yet.');
    [stage, said, error] = ['evaluation', '', ''];
    queueMicrotask(show);
    try {
      const { state } = latest;
      return await page.api.oneMax.run(id, { settings, state, generations: MOST_GENERATIONS, pause }, onProgress);
    } finally {
      // Once the job has ended.
      setTimeout(show);
    }
  }

  function begin(): void {
    job.stop();
    beginning = beginRun(++run);
  }

  async function beginRun(own: number): Promise<void> {
    [error, said, stage, isStepping] = ['', '', 'evaluation', false];
    try {
      const step = await page.api.oneMax.step({ settings: { ...settings } });
      if (own !== run) return;
      steps = [step];
    } catch (thrown) {
      if (own !== run) return;
      steps = [];
      error = messageOf(thrown);
    }
    job.enable(steps.length > 0);
    show();
  }

  /** @param shown The stage of the next generation that is shown first. */
  async function step(shown: Stage): Promise<void> {
    if (isStepping || job.isRunning()) return;
    const own = run;
    isStepping = true;
    error = '';
    try {
      await beginning;
      const latest = steps.at(-1);
      if (own !== run || latest === undefined) return;
      const next = await page.api.oneMax.step({ settings: { ...settings }, state: latest.state });
      if (own !== run) return;
      steps.push(next);
      showStage(shown);
    } catch (thrown) {
      if (own === run) error = messageOf(thrown);
    } finally {
      if (own === run) isStepping = false;
      show();
    }
  }

  function nextStage(): void {
    const following = stages[stages.indexOf(stage) + 1];
    if (following === undefined) void step('selection');
    else showStage(following);
  }

  function showStage(next: Stage): void {
    stage = next;
    const { generation } = steps.at(-1)!;
    said =
      stage === 'evaluation'
        ? `Generation ${generation.generation}: best ${generation.best} of ${settings.length}, mean ${generation.mean.toFixed(1)}. ${sayWhenSolved()}`
        : `On the way to generation ${generation.generation}: ${stage}.`;
    show();
  }

  function sayWhenSolved(): string {
    const solved = steps.find(({ generation }) => generation.isSolved)?.generation;
    if (solved === undefined) return '';
    const { generation, evaluations } = solved;
    return `Solved in generation ${generation}, after ${evaluations.toLocaleString('en')} evaluations: a genome of ones only.`;
  }

  function show(): void {
    if (!isMounted) return;
    const latest = steps.at(-1)?.generation;
    render(
      html`
        <p>
          Each row is a genome, a string of bits; its fitness is its number of ones. A generation comes from the one before by
          selection, crossover and mutation, all three by chance.
        </p>
        ${settingsForm()}
        <div class="buttons steps">
          <button type="button" class="next-step" ?disabled=${cannotStep()} @click=${nextStage}>Next step</button>
          <button type="button" class="next-generation" ?disabled=${cannotStep()} @click=${() => step('evaluation')}>
            Next generation
          </button>
          <button type="button" class="anew" @click=${begin}>Begin anew</button>
        </div>
        ${job.element}
        <p class="status said" role="status">${said}</p>
        <p class="error" role="alert">${error}</p>
        ${
          latest === undefined
            ? ''
            : html`
                ${stageChooser(latest)}
                <div class="both">
                  <div>${stageTable(latest)}</div>
                  <div class="curve">${curve()}</div>
                </div>
              `
        }
      `,
      section,
    );
  }

  const cannotStep = () => steps.length === 0 || job.isRunning();

  function settingsForm() {
    return html`
      <fieldset>
        <legend>How</legend>
        <div class="settings">
          ${chooser('Selection', 'selection', selections)} ${chooser('Crossover', 'crossover', crossovers)}
          <label for="one-max-mutation">Children that mutate</label>
          <span class="fields mutation">
            <input
              id="one-max-mutation"
              type="range"
              min="0"
              max="1"
              step="0.05"
              .value=${String(settings.mutationRate)}
              @change=${(event: Event) => change({ mutationRate: (event.target as HTMLInputElement).valueAsNumber })}
            />
            <output for="one-max-mutation">${Math.round(100 * settings.mutationRate)}\u00a0%</output>
          </span>
          <span>Numbers</span>
          <span class="fields numbers">
            ${numberField('genomes', 'populationSize', { min: 2, max: 200 })}
            ${numberField('bits', 'length', { min: 2, max: 64 })} ${numberField('seed', 'seed', { min: 0 })}
          </span>
          <label for="one-max-pace">Pace of a run</label>
          <select
            id="one-max-pace"
            @change=${(event: Event) => {
              pause = Number((event.target as HTMLSelectElement).value);
            }}
          >
            ${Object.entries(paces).map(
              ([milliseconds, name]) =>
                html`<option value=${milliseconds} .selected=${Number(milliseconds) === pause}>${name}</option>`,
            )}
          </select>
        </div>
      </fieldset>
    `;
  }

  function chooser<K extends 'selection' | 'crossover'>(
    name: string,
    key: K,
    meanings: Record<OneMaxSettings[K], string>,
  ) {
    return html`
      <label for="one-max-${key}">${name}</label>
      <select
        id="one-max-${key}"
        @change=${(event: Event) => change({ [key]: (event.target as HTMLSelectElement).value })}
      >
        ${Object.entries<string>(meanings).map(
          ([value, meaning]) => html`<option value=${value} .selected=${value === settings[key]}>${meaning}</option>`,
        )}
      </select>
    `;
  }

  function numberField(
    name: string,
    key: 'populationSize' | 'length' | 'seed',
    { min, max }: { min: number; max?: number },
  ) {
    return html`
      <span>
        <input
          id="one-max-${key}"
          type="number"
          min=${min}
          max=${max ?? Number.MAX_SAFE_INTEGER}
          step="1"
          .value=${String(settings[key])}
          @change=${(event: Event) => {
            const input = event.target as HTMLInputElement;
            if (input.reportValidity()) change({ [key]: input.valueAsNumber });
          }}
        />
        <label for="one-max-${key}">${name}</label>
      </span>
    `;
  }

  function change(changed: Partial<OneMaxSettings>): void {
    Object.assign(settings, changed);
    begin();
  }

  function stageChooser({ generation, births }: OneMaxGeneration) {
    if (births.length === 0) return html`<h3>Generation 0: bits at random</h3>`;
    return html`
      <h3>From generation ${generation - 1} to generation ${generation}</h3>
      <fieldset class="stages" ?disabled=${job.isRunning()}>
        <legend>Show</legend>
        ${stages.map(
          (each, index) => html`
            <label>
              <input
                type="radio"
                name="one-max-stage"
                value=${each}
                .checked=${each === stage}
                @change=${() => showStage(each)}
              />
              ${index + 1} ${each}
            </label>
          `,
        )}
      </fieldset>
      <p>${explanations[stage]}</p>
    `;
  }

  function stageTable(latest: OneMaxGeneration) {
    const before = steps.at(-2)?.generation;
    if (before === undefined || latest.births.length === 0) return genomeTable(latest.genomes.map(rowOfRandom));
    const shown = stage;
    if (shown === 'selection') return genomeTable(rowsOfSelection(before, latest.births));
    return genomeTable(latest.births.map((birth, child) => rowOfChild(birth, child, latest, shown, before)));
  }

  function curve() {
    const history = steps.map(({ generation }) => generation);
    const { best, mean, worst } = history.at(-1)!;
    return html`
      <h3>Fitness by generation</h3>
      ${lineChart({
        label: `In generation ${history.length - 1} the best has ${best} ones of ${settings.length}, the mean ${mean.toFixed(1)}, the worst ${worst}; in generation 0 the best had ${history[0]!.best}.`,
        lines: [
          { name: 'best', values: history.map((generation) => generation.best) },
          { name: 'mean', values: history.map((generation) => generation.mean) },
          { name: 'worst', values: history.map((generation) => generation.worst) },
        ],
        levels: [0, settings.length / 2, settings.length].map((value) => ({ value, text: String(value) })),
      })}
    `;
  }

  show();
  begin();
  return () => {
    isMounted = false;
    run++;
    job.stop();
  };
}

interface GenomeRow {
  name: number;
  bits: string;
  /** Of each place, besides whether it is a one. */
  marks?: ((place: number) => string) | undefined;
  fitness: number | undefined;
  note: string;
  kind?: string;
}

/** Genomes count from 1 for people. */
const nameOf = (index: number) => index + 1;

function rowOfRandom({ bits, fitness }: { bits: string; fitness: number }, index: number): GenomeRow {
  return { name: nameOf(index), bits, fitness, note: '' };
}

function rowsOfSelection({ genomes }: OneMaxGeneration, births: readonly Birth[]): GenomeRow[] {
  const drawn = genomes.map((_, index) => births.filter(({ parent }) => parent === index).length);
  return genomes
    .map(({ bits, fitness }, index) => ({
      name: nameOf(index),
      bits,
      fitness,
      note: drawn[index] === 0 ? 'never drawn' : `drawn ${times(drawn[index]!)}`,
      kind: drawn[index] === 0 ? 'gone' : '',
    }))
    .sort((a, b) => b.fitness - a.fitness || a.name - b.name);
}

function rowOfChild(
  { parent, partner, crossed, fromPartner, flipped, isEvaluated }: Birth,
  child: number,
  { genomes, best }: OneMaxGeneration,
  stage: Exclude<Stage, 'selection'>,
  before: OneMaxGeneration,
): GenomeRow {
  const { bits, fitness } = genomes[child]!;
  const name = nameOf(child);
  const pair = child % 2 === 0 ? 'first' : 'second';
  if (stage === 'crossover') {
    const [own, other] = child % 2 === 0 ? ['one', 'other'] : ['other', 'one'];
    const marks = (place: number) => (fromPartner.includes(place) ? `${other} partner` : own!);
    return {
      name,
      bits: crossed,
      marks: partner === null ? undefined : marks,
      fitness: undefined,
      note:
        partner === null
          ? `copy of ${nameOf(parent)}`
          : `${nameOf(parent)}, and ${placesInWords(fromPartner)} of ${nameOf(partner)}`,
      kind: pair,
    };
  }
  if (stage === 'mutation') {
    return {
      name,
      bits,
      marks: (place) => (flipped.includes(place) ? 'flipped' : ''),
      fitness: undefined,
      note: flipped.length === 0 ? '' : `flipped ${placesInWords(flipped)}`,
    };
  }
  const gain = fitness - before.genomes[parent]!.fitness;
  const compared = gain === 0 ? 'as its parent' : `${gain > 0 ? '+' : '−'}${Math.abs(gain)} to its parent`;
  return {
    name,
    bits,
    fitness,
    note: isEvaluated ? `counted: ${compared}` : `known: copy of ${nameOf(parent)}`,
    kind: fitness === best ? 'best' : '',
  };
}

function genomeTable(rows: readonly GenomeRow[]) {
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

/** Such as `bits 3 to 7 and 9`, counted from 1. */
function placesInWords(places: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const place of places) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === place - 1) last[1] = place;
    else ranges.push([place, place]);
  }
  if (ranges.length === 0) return 'no bits';
  if (ranges.length > 4) return `${places.length} bits`;
  const words = ranges.map(([from, to]) => (from === to ? String(from + 1) : `${from + 1} to ${to + 1}`));
  const last = words.pop()!;
  const listed = words.length === 0 ? last : `${words.join(', ')} and ${last}`;
  return `${places.length === 1 ? 'bit' : 'bits'} ${listed}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}
