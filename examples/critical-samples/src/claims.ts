import { agreementOf, type Claim } from '@cnnviz/example-support';
import { type CriticalRun, type Measurement, type Remedy, remedies } from './experiment.ts';
import { type Pooled, poolRuns } from './pool-runs.ts';
import { percent } from './report.ts';

type Interval = readonly [low: number, high: number];

/** The orderings that the paper states; where it says more or less, intervals have to be apart. */
export function criticalSampleClaims(runs: readonly CriticalRun[], dataSet: string): Claim[] {
  const groups = poolRuns(runs);
  const of = (images: Pooled['images'], noise: number, remedy: Remedy = 'none') =>
    groups.find((group) => group.images === images && group.noise === noise && group.remedy === remedy)!;
  const [real, random, gaussian] = [of('real', 0), of('real', 1), of('gaussian', 0)];
  const byNoise = groups
    .filter(({ images, remedy }) => images === 'real' && remedy === 'none')
    .toSorted((a, b) => a.noise - b.noise);
  const noisy = byNoise.filter(({ noise }) => noise > 0);
  const memorized = remedies.map((remedy) => meanOf(of('real', 1, remedy), ({ memorized }) => memorized!));
  const heldOut = remedies.map((remedy) => meanOf(of('real', 0, remedy), ({ heldOutAccuracy }) => heldOutAccuracy));
  const [none, dropout, critical, both] = memorized as [number, number, number, number];
  const partlyRandom = noisy
    .filter(({ noise }) => noise < 1)
    .map(({ noise }) => ({ noise, heldOut: heldOutCurve(runs, noise) }));
  const measured = {
    on: `perceptron with two hidden layers, ${dataSet}, ${random.csr.images} held-out images`,
    seeds: random.seeds.length,
  };
  const told = ({ csr }: Pick<Pooled, 'csr'>) =>
    `${percent(csr.ratio)} (${percent(csr.interval[0])} to ${percent(csr.interval[1])})`;
  return [
    {
      ...measured,
      claim: 'Networks that learned random labels or noise have more critical samples than one that learned real data.',
      source: 'Arpit et al. 2017',
      theirs: 'CSR(random) far above CSR(real)',
      ours: `real ${told(real)}, random labels ${told(random)}, noise ${told(gaussian)}`,
      agrees: agreementOf([random, gaussian].map(({ csr }) => isAbove(csr.interval, real.csr.interval))),
    },
    {
      ...measured,
      claim: 'The more labels are random, the more samples are critical.',
      source: 'Arpit et al. 2017',
      theirs: 'CSR rises with the noise',
      ours: byNoise.map((group) => `${Math.round(100 * group.noise)} %: ${told(group)}`).join(', '),
      agrees: agreementOf([
        isAbove(byNoise.at(-1)!.csr.interval, byNoise[0]!.csr.interval),
        ...byNoise.slice(1).map(({ csr }, index) => isAbove(csr.interval, byNoise[index]!.csr.interval)),
      ]),
    },
    {
      ...measured,
      claim: 'Critical samples grow in number as noise is learned.',
      source: 'Arpit et al. 2017',
      theirs: 'CSR rises over training',
      ours: noisy
        .map(({ noise, curve }) => {
          const [early, late] = [firstTrained(curve), curve.at(-1)!];
          return `${Math.round(100 * noise)} %: ${percent(early.ratio)} after ${early.epoch} epochs, ${percent(late.ratio)} after ${late.epoch}`;
        })
        .join('; '),
      agrees: agreementOf(noisy.map(({ curve }) => isAbove(curve.at(-1)!.interval, firstTrained(curve).interval))),
    },
    {
      ...measured,
      claim: 'Held-out accuracy is highest before the noise is fitted.',
      source: 'Arpit et al. 2017',
      theirs: 'it peaks early, then falls',
      ours: partlyRandom
        .map(({ noise, heldOut }) => {
          const best = Math.max(...heldOut);
          return `${Math.round(100 * noise)} %: at best ${percent(best)}, at the end ${percent(heldOut.at(-1)!)}`;
        })
        .join('; '),
      agrees: agreementOf(partlyRandom.map(({ heldOut }) => Math.max(...heldOut) > heldOut.at(-1)! + 0.01)),
    },
    {
      ...measured,
      claim: 'Dropout hinders learning by heart; with critical samples in training as well, most of all.',
      source: 'Arpit et al. 2017; lecture',
      theirs: 'both < dropout < none',
      ours: `wrong labels memorized: ${remedies.map((remedy, index) => `${remedy} ${percent(memorized[index]!)}`).join(', ')}`,
      agrees: agreementOf([dropout < none, both < dropout, both < critical]),
    },
    {
      ...measured,
      claim: 'On real data these remedies cost little.',
      source: 'Arpit et al. 2017; lecture',
      theirs: 'little',
      ours: `held-out accuracy: ${remedies.map((remedy, index) => `${remedy} ${percent(heldOut[index]!)}`).join(', ')}`,
      agrees: agreementOf(heldOut.slice(1).map((accuracy) => accuracy > heldOut[0]! - 0.05)),
    },
  ];
}

/** Held-out accuracy at each measurement, the mean over the seeds. */
function heldOutCurve(runs: readonly CriticalRun[], noise: number): number[] {
  const chosen = runs.filter((run) => run.images === 'real' && run.remedy === 'none' && run.noise === noise);
  return chosen[0]!.measurements.map(
    (_, index) => chosen.reduce((sum, run) => sum + run.measurements[index]!.heldOutAccuracy, 0) / chosen.length,
  );
}

function firstTrained(curve: Pooled['curve']) {
  return curve.find(({ epoch }) => epoch > 0)!;
}

function isAbove([low]: Interval, [, high]: Interval): boolean {
  return low > high;
}

function meanOf({ last }: Pooled, value: (measurement: Measurement) => number): number {
  return last.reduce((sum, measurement) => sum + value(measurement), 0) / last.length;
}
