import { agreementOf, type Claim } from '@cnnviz/example-support';
import type { ExperimentRun } from './experiment.ts';
import { epochsToLoss, percent } from './report.ts';

const PAPER = 'Zhang et al. 2017';
const FITTED = 0.99;
const CHANCE = 0.1;

/** Trainable weights of the paper's MLPs: table 1. */
const publishedParameters: Readonly<Record<string, number>> = { 'MLP 1x512': 1_209_866, 'MLP 3x512': 1_735_178 };

/** What the paper says, beside runs of the first network on the first number of images. */
export function randomizationClaims(runs: readonly ExperimentRun[], dataSet: string): Claim[] {
  const { network, samples } = runs[0]!;
  const of = (condition: string, regularizer = 'none') =>
    runs.find(
      (run) =>
        run.network === network &&
        run.samples === samples &&
        run.condition === condition &&
        run.regularizer === regularizer,
    )!;
  const onSubset = `${network}, ${samples.toLocaleString('en')} images of ${dataSet}`;
  const measured = { source: `${PAPER}, section 2`, on: onSubset, seeds: 1 };
  const plain = runs.filter((run) => run.network === network && run.samples === samples && run.regularizer === 'none');
  const [real, random, decayed] = [of('true labels'), of('random labels'), of('random labels', 'weight decay 5e-4')];
  const byCorruption = plain
    .filter(({ condition }) => condition.includes('labels'))
    .toSorted((a, b) => a.corruption - b.corruption);
  const bySize = runs
    .filter((run) => run.network === network && run.condition === 'true labels' && run.regularizer === 'none')
    .toSorted((a, b) => a.samples - b.samples);
  const structured = plain.filter(({ condition }) => condition !== 'random pixels' && condition !== 'gaussian');
  const slowest = structured.map((run) => ({ run, epochs: epochsToLoss(run, 0.5) ?? Infinity }));
  const counts = [...new Map(runs.map((run) => [run.network, run.parameters]))].filter(
    ([name]) => publishedParameters[name] !== undefined,
  );
  return [
    ...(dataSet !== 'CIFAR-10'
      ? []
      : [
          {
            claim: 'The perceptrons have as many weights as the paper counts.',
            source: `${PAPER}, table 1`,
            theirs: counts.map(([name]) => `${name}: ${publishedParameters[name]!.toLocaleString('en')}`).join('; '),
            ours: counts.map(([name, count]) => `${name}: ${count.toLocaleString('en')}`).join('; '),
            on: 'CIFAR-10, 28x28',
            seeds: 1,
            agrees: agreementOf(counts.map(([name, count]) => count === publishedParameters[name])),
          },
        ]),
    {
      ...measured,
      claim: 'A network fits random labels, and has learned nothing from them.',
      source: `${PAPER}, table 1`,
      theirs: '99.34 % of the training set, 10.61 % of the test set',
      ours: `${percent(random.trainAccuracy)} of the training set, ${percent(random.testAccuracy)} of the test set`,
      agrees: agreementOf([random.trainAccuracy >= FITTED, Math.abs(random.testAccuracy - CHANCE) <= 0.015]),
    },
    {
      ...measured,
      claim: 'Every kind of randomness is fitted: labels, shuffled and random pixels, noise.',
      theirs: 'all reach zero training loss',
      ours: plain.map((run) => `${run.condition} ${percent(run.trainAccuracy)}`).join(', '),
      agrees: agreementOf(plain.map(({ trainAccuracy }) => trainAccuracy >= FITTED)),
    },
    {
      ...measured,
      claim: 'The more labels are random, the higher the test error, up to chance.',
      theirs: 'rises toward 90 %',
      ours: byCorruption.map((run) => `p = ${run.corruption}: ${percent(1 - run.testAccuracy)}`).join(', '),
      agrees: agreementOf([
        ...byCorruption.slice(1).map((run, index) => run.testAccuracy < byCorruption[index]!.testAccuracy),
        Math.abs(1 - random.testAccuracy - 0.9) <= 0.015,
      ]),
    },
    {
      ...measured,
      claim: 'Of the conditions that keep the images, random labels are learned slowest.',
      theirs: 'slowest curve of figure 1a',
      ours: `training loss below 0.5 after ${slowest.map(({ run, epochs }) => `${epochs} epochs (${run.condition})`).join(', ')}`,
      agrees: agreementOf(
        slowest
          .filter(({ run }) => run.corruption === 0)
          .map(({ epochs }) => epochs < slowest.find(({ run }) => run === random)!.epochs),
      ),
    },
    {
      ...measured,
      claim: 'Weight decay does not keep a network from fitting random labels.',
      source: `${PAPER}, section 3`,
      theirs: 'still fitted',
      ours: `${percent(decayed.trainAccuracy)} of the training set with weight decay 5e-4`,
      agrees: agreementOf([decayed.trainAccuracy >= FITTED]),
    },
    {
      ...measured,
      claim: 'With true labels the same network generalizes, the better the more images it has.',
      source: `${PAPER}, table 1`,
      theirs: '50.51 % of the test set from 50,000 images',
      ours: bySize.map((run) => `${percent(run.testAccuracy)} from ${run.samples.toLocaleString('en')}`).join(', '),
      on: `${network} on ${dataSet}`,
      agrees: agreementOf([
        real.testAccuracy > 2 * CHANCE,
        ...bySize.slice(1).map((run, index) => run.testAccuracy > bySize[index]!.testAccuracy),
      ]),
    },
  ];
}
