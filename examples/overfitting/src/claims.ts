import { agreementOf, type Claim } from '@cnnviz/example-support';
import type { Outcome } from './experiment.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The lecture's picture of overfitting, in numbers. */
export function overfittingClaims(outcomes: readonly Outcome[], dataSet: string): Claim[] {
  const of = (remedy: string) => outcomes.find((outcome) => outcome.remedy === remedy)!;
  const { history, capacity } = of('none');
  const testLosses = history.map(({ validationLoss }) => validationLoss!);
  const best = Math.min(...testLosses);
  const [first, last] = [history[0]!, history.at(-1)!];
  const reached = ({ history, epoch }: Outcome) => history[epoch]!.validationAccuracy!;
  const remedied = outcomes.filter(({ remedy }) => remedy !== 'none');
  const better = remedied.filter((outcome) => reached(outcome) > reached(of('none')));
  const common = {
    source: 'lecture on overfitting; Zhang et al. 2017, section 3',
    on: `perceptron, ${capacity.samples} images of ${dataSet}, some with wrong labels`,
    seeds: 1,
  };
  return [
    {
      ...common,
      claim: 'Training error goes to nothing, and a gap to the test set opens.',
      theirs: 'training error 0, test error stays',
      ours: `training error ${percent(1 - last.accuracy)}, test error ${percent(1 - last.validationAccuracy!)}`,
      agrees: agreementOf([last.accuracy > 0.99, last.accuracy - last.validationAccuracy! > 0.1]),
    },
    {
      ...common,
      claim: 'The test loss falls, then rises while the training loss goes on falling.',
      theirs: 'U-shaped test loss',
      ours: `test loss ${first.validationLoss!.toFixed(2)}, at best ${best.toFixed(2)} (epoch ${testLosses.indexOf(best) + 1}), at the end ${last.validationLoss!.toFixed(2)}; training loss at the end ${last.loss.toFixed(2)}`,
      agrees: agreementOf([best < first.validationLoss!, last.validationLoss! > 1.05 * best, last.loss < first.loss]),
    },
    {
      ...common,
      claim: 'Regularization helps to generalize.',
      theirs: 'higher test accuracy with each',
      ours: `without ${percent(reached(of('none')))}; ${remedied.map((outcome) => `${outcome.remedy} ${percent(reached(outcome))}`).join('; ')}`,
      agrees: better.length === remedied.length ? 'yes' : better.length === 0 ? 'no' : 'in part',
    },
  ];
}
