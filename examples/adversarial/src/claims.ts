import type { StripRow } from '@cnnviz/adversarial';
import { agreementOf, type Claim } from '@cnnviz/example-support';
import type { AccuracyAt } from './accuracy-under-attack.ts';
import { percent } from './percent.ts';
import type { Subject } from './subject.ts';

/** What is said of attacks in general, and of the panda where it is among the images. */
export function attackClaims(
  { network, images, epsilons }: Pick<Subject, 'network' | 'images' | 'epsilons'>,
  measured: readonly AccuracyAt[],
  shown: { fgsm: readonly StripRow[]; pgd: readonly StripRow[] },
): Claim[] {
  const [clean, strongest] = [measured[0]!, measured.at(-1)!];
  const common = { on: `${network}, ${images.shape[0]} images`, seeds: 1 };
  const atEach = (share: (row: AccuracyAt) => number) =>
    measured.map((row) => `${amount(row.epsilon)}: ${percent(share(row))}`).join(', ');
  const panda = shown.fgsm.findIndex(({ before }) => /panda/.test(before.name));
  return [
    {
      ...common,
      claim: 'One small step along the sign of the gradient makes a network wrong about most images.',
      source: 'Goodfellow et al. 2015, section 4',
      theirs: '89.4 % error of a maxout network on MNIST at epsilon 0.25',
      ours: `read rightly after one step, by epsilon: ${atEach(({ fgsm }) => fgsm)}`,
      agrees: agreementOf([strongest.fgsm < clean.fgsm / 2]),
    },
    {
      ...common,
      claim: 'Many small projected steps are stronger than one.',
      source: 'Madry et al. 2018',
      theirs: 'accuracy under PGD below that under FGSM',
      ours: `read rightly after many steps, by epsilon: ${atEach(({ pgd }) => pgd)}`,
      agrees: agreementOf([
        ...measured.map(({ fgsm, pgd }) => pgd <= fgsm),
        measured.some(({ fgsm, pgd }) => pgd < fgsm),
      ]),
    },
    {
      ...common,
      claim: 'A network without a defense has next to no robust accuracy.',
      source: 'Croce, Hein 2020',
      theirs: 'about 0 %',
      ours: `right whatever is tried at epsilon ${amount(epsilons.at(-1)!)}: ${percent(strongest.robust.accuracy)} (${percent(strongest.robust.interval[0])} to ${percent(strongest.robust.interval[1])})`,
      agrees: agreementOf([strongest.robust.accuracy < 0.05]),
    },
    ...(panda < 0
      ? []
      : [
          {
            ...common,
            claim: 'A change of 0.007 that nobody sees turns a panda into something else, with more confidence.',
            source: 'Goodfellow et al. 2015, figure 1',
            theirs: 'panda 57.7 % to gibbon 99.3 %, one step, GoogLeNet',
            ours: `panda ${sure(shown.fgsm[panda]!.before)} to ${told(shown.fgsm[panda]!.after)} in one step, ${told(shown.pgd[panda]!.after)} in ten`,
            agrees: agreementOf(
              [shown.fgsm[panda]!, shown.pgd[panda]!].map(
                ({ after }) => !/panda/.test(after.name) && after.confidence > 0.9,
              ),
            ),
          },
        ]),
  ];
}

const sure = ({ confidence }: StripRow['after']): string => percent(confidence);
const told = (reading: StripRow['after']): string => `${reading.name} ${sure(reading)}`;
/** At most three digits. */
const amount = (epsilon: number): string => String(Number(epsilon.toPrecision(2)));
