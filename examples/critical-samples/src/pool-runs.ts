import type { CriticalSampleRatio, CsrPoint } from '@cnnviz/adversarial';
import { wilsonInterval } from '@cnnviz/internal';
import type { Condition, CriticalRun, Measurement } from './experiment.ts';

/** The runs of one condition, all seeds together. */
export interface Pooled extends Condition {
  seeds: number[];
  /** Of the images of all seeds. */
  curve: CsrPoint[];
  /** The last point of the curve. */
  csr: Pick<CriticalSampleRatio, 'ratio' | 'interval' | 'critical' | 'images'>;
  /** The last measurement of each seed. */
  last: Measurement[];
}

/** Pools runs that differ in nothing but their seed, in the order in which they first appear. */
export function poolRuns(runs: readonly CriticalRun[]): Pooled[] {
  const groups = new Map<string, CriticalRun[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.images, run.noise, run.remedy]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((group) => {
    const { images, noise, remedy, measurements } = group[0]!;
    const curve = measurements.map(({ epoch }, index) => ({
      epoch,
      ...poolRatios(group.map((run) => run.measurements[index]!.csr)),
    }));
    const last = group.map((run) => run.measurements.at(-1)!);
    const seeds = group.map(({ seed }) => seed);
    return { images, noise, remedy, seeds, curve, csr: poolRatios(last.map(({ csr }) => csr)), last };
  });
}

function poolRatios(ratios: readonly CriticalSampleRatio[]): Pooled['csr'] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const [critical, images] = [sum(ratios.map((ratio) => ratio.critical)), sum(ratios.map((ratio) => ratio.images))];
  return { ratio: critical / images, interval: wilsonInterval(critical, images), critical, images };
}
