import { html, type TemplateResult } from 'lit-html';
import type { OneMaxGeneration } from '../../worker/one-max.ts';

/** The steps from one generation to the next. */
export const stages = ['selection', 'crossover', 'mutation', 'evaluation'] as const;
export type Stage = (typeof stages)[number];

const explanations: Record<Stage, string> = {
  selection:
    'Who becomes a parent? These are the genomes of the previous generation, fittest first, with how often each was drawn. Those that were never drawn die out.',
  crossover:
    'Selected genomes meet in pairs, and half of the pairs exchange some of their bits. Each color stands for one of the two parents; bits from the partner are underlined.',
  mutation: 'Some children mutate: each of their bits flips with a probability of 5 %. Flipped bits are highlighted.',
  evaluation:
    'Fitness is the number of ones. It is counted only for new genomes; a copy has the fitness of its parent.',
};

export interface StageChooserOptions {
  latest: OneMaxGeneration;
  stage: Stage;
  isDisabled: boolean;
  onChoose: (stage: Stage) => void;
}

/** Which generation is shown, and a choice of its stages with an explanation. */
export function stageChooser({ latest, stage, isDisabled, onChoose }: StageChooserOptions): TemplateResult {
  const { generation, births } = latest;
  if (births.length === 0) return html`<h3>Generation 0: bits at random</h3>`;
  return html`
    <h3>From generation ${generation - 1} to generation ${generation}</h3>
    <fieldset class="stages" ?disabled=${isDisabled}>
      <legend>Show</legend>
      ${stages.map(
        (each, index) => html`
          <label>
            <input
              type="radio"
              name="one-max-stage"
              value=${each}
              .checked=${each === stage}
              @change=${() => onChoose(each)}
            />
            ${index + 1} ${each}
          </label>
        `,
      )}
    </fieldset>
    <p>${explanations[stage]}</p>
  `;
}
