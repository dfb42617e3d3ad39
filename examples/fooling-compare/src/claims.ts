import { agreementOf, type Claim } from '@cnnviz/example-support';
import type { Method } from './fool.ts';
import type { Judgement } from './judge.ts';

/** Whether each method fools the network it was used on, and whether its images fool another. */
export function foolingClaims(
  results: readonly { method: Method; own: Judgement; other: Judgement }[],
  target: number,
): Claim[] {
  const classes = results[0]!.own.confidences.length;
  const common = { source: 'Nguyen et al. 2015', on: 'LeNet and a perceptron, MNIST', seeds: 1 };
  const told = (say: (result: (typeof results)[number]) => string) =>
    results.map((result) => `${result.method}: ${say(result)}`).join('; ');
  return [
    {
      ...common,
      claim: 'Gradient ascent and evolution both find noise that a network is certain of.',
      theirs: '99.99 % for each digit',
      ours: told(({ own }) => `least ${percent(Math.min(...own.confidences))}`),
      agrees: agreementOf(results.map(({ own }) => Math.min(...own.confidences) >= target)),
    },
    {
      ...common,
      claim: 'Images that fool one network fool others too, not all of them.',
      theirs: 'some images fool both networks, others only one',
      ours: told(({ other }) => `the other network agrees on ${other.agreed} of ${classes}`),
      agrees: agreementOf([
        results.some(({ other }) => other.agreed > classes / 10),
        results.every(({ other }) => other.agreed < classes),
      ]),
    },
  ];
}

/** Rounded down, so that only certainty reads 100 %. */
function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}
