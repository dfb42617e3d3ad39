import { csrCurve } from '@cnnviz/adversarial';
import type { Chapter } from '@cnnviz/example-support';
import { type Condition, type CriticalRun, conditionName, type Measurement, remedies } from './experiment.ts';
import { type Pooled, poolRuns } from './pool-runs.ts';

type Spec = Extract<Chapter['figures'][number], { kind: 'chart' }>['spec'];

export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;
const range = ([low, high]: readonly [number, number]) => `${(100 * low).toFixed(1)} to ${percent(high)}`;

/** What the runs show, as a chapter of a report. */
export function criticalSamplesChapter(runs: readonly CriticalRun[], dataSet: string): Chapter {
  const groups = poolRuns(runs);
  const unremedied = groups.filter(({ remedy }) => remedy === 'none');
  const noisy = unremedied.filter(({ images }) => images === 'real').toSorted((a, b) => a.noise - b.noise);
  const remedied = remedies.flatMap((remedy) =>
    [1, 0].flatMap((noise) => groups.filter((group) => isOf(group, { images: 'real', noise, remedy }))),
  );
  const main = unremedied.filter(({ images, noise }) => images === 'gaussian' || noise === 0 || noise === 1);
  const told = (of: readonly Pooled[]) =>
    of.map((group) => `${nameOf(group)}: ${percent(group.csr.ratio)}, ${range(group.csr.interval)}`).join('; ');
  const seeds = new Set(runs.map(({ seed }) => seed)).size;
  const { images: heldOut } = runs[0]!.measurements.at(-1)!.csr;
  const [real, random] = [noisy.find(({ noise }) => noise === 0), noisy.find(({ noise }) => noise === 1)];
  return {
    id: 'critical-samples',
    title: 'Critical samples: how near another answer is',
    intro: [
      `The same network was trained on ${dataSet} unchanged, and on versions of it with less and less to learn. A held-out image is critical if the network assigns another class to a point next to it, with no pixel moved by more than 0.3 of 255 levels. The decisions of a network that learned by heart are more tangled, so more images lie next to a border.`,
      `${seeds} ${seeds === 1 ? 'seed' : 'seeds'}, ${heldOut} held-out images each. Intervals are Wilson's, 95 %, of all these images together.`,
    ],
    facts: [
      ...(real === undefined ? [] : [{ label: 'critical, real labels', value: percent(real.csr.ratio) }]),
      ...(random === undefined ? [] : [{ label: 'critical, random labels', value: percent(random.csr.ratio) }]),
    ],
    figures: [
      {
        kind: 'chart',
        caption: 'Critical sample ratio of held-out images over the epochs; the bands are intervals.',
        alt: `At the end: ${told(main)}.`,
        spec: csrCurve(Object.fromEntries(main.map((group) => [nameOf(group), group.curve]))) as unknown as Spec,
      },
      ...(noisy.length < 3
        ? []
        : [
            {
              kind: 'chart' as const,
              caption: 'Critical sample ratio at the end by the part of the labels that is random, each seed a dot.',
              alt: `By noise: ${told(noisy)}.`,
              spec: noiseChart(noisy),
            },
          ]),
      ...(remedied.length < 3
        ? []
        : [
            {
              kind: 'chart' as const,
              caption:
                'How many random labels each remedy still lets the network fit, and what it costs on real labels. Each dot is a seed.',
              alt: remedied.map((group) => `${nameOf(group)}, ${group.remedy}: ${told([group])}`).join('; '),
              spec: remedyChart(remedied),
            },
          ]),
      {
        kind: 'table',
        caption: 'At the end of training: means over the seeds, and their range.',
        columns: [
          'data',
          'remedy',
          'CSR',
          'interval',
          'training accuracy',
          'memorized wrong labels',
          'held-out accuracy',
        ],
        rows: groups.map((group) => [
          nameOf(group),
          group.remedy,
          percent(group.csr.ratio),
          range(group.csr.interval),
          valueWithRange(group, ({ trainAccuracy }) => trainAccuracy),
          valueWithRange(group, ({ memorized }) => memorized),
          valueWithRange(group, ({ heldOutAccuracy }) => heldOutAccuracy),
        ]),
      },
    ],
  };
}

const nameOf = (group: Condition) => conditionName(group);

function isOf(group: Condition, { images, noise, remedy }: Condition): boolean {
  return group.images === images && group.noise === noise && group.remedy === remedy;
}

function valueWithRange({ last }: Pooled, of: (measurement: Measurement) => number | null): string {
  const values = last.map(of).filter((value) => value !== null);
  if (values.length === 0) return '';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.length === 1 ? percent(mean) : `${percent(mean)} (${range([low, high])})`;
}

/** As an axis has room for it. */
const shortName = (remedy: Condition['remedy']) => (remedy.includes('+') ? 'both' : remedy);

function noiseChart(noisy: readonly Pooled[]): Spec {
  const x = { field: 'noise', type: 'quantitative', title: 'part of the labels that is random', axis: { format: '%' } };
  const y = { type: 'quantitative', title: 'critical sample ratio', axis: { format: '%' } };
  const pooled = noisy.map(({ noise, csr }: Pooled) => ({
    noise,
    ratio: csr.ratio,
    low: csr.interval[0],
    high: csr.interval[1],
  }));
  const bySeed = noisy.flatMap(({ noise, last }) => last.map(({ csr }) => ({ noise, ratio: csr.ratio })));
  return {
    width: 480,
    height: 240,
    layer: [
      {
        data: { values: pooled },
        mark: { type: 'errorbar', ticks: true },
        encoding: { x, y: { field: 'low', ...y }, y2: { field: 'high' } },
      },
      { data: { values: pooled }, mark: { type: 'line', point: true }, encoding: { x, y: { field: 'ratio', ...y } } },
      {
        data: { values: bySeed },
        mark: { type: 'point', opacity: 0.5, size: 20 },
        encoding: { x, y: { field: 'ratio', ...y } },
      },
    ],
  } as unknown as Spec;
}

function remedyChart(remedied: readonly Pooled[]): Spec {
  const values = remedied.flatMap(({ noise, remedy, last }) =>
    last.map(({ trainAccuracy, heldOutAccuracy }) => ({
      remedy: shortName(remedy),
      what: noise === 1 ? 'random labels, training accuracy' : 'real labels, held-out accuracy',
      accuracy: noise === 1 ? trainAccuracy : heldOutAccuracy,
    })),
  );
  const y = { field: 'remedy', type: 'nominal', sort: remedies.map(shortName), title: null };
  const x = { type: 'quantitative', title: 'accuracy', axis: { format: '%' }, scale: { domain: [0, 1] } };
  return {
    data: { values },
    facet: { field: 'what', type: 'nominal', sort: null, title: null },
    columns: 1,
    spec: {
      width: 400,
      height: 110,
      layer: [
        {
          mark: { type: 'tick', thickness: 3, size: 20 },
          encoding: { y, x: { field: 'accuracy', aggregate: 'mean', ...x } },
        },
        {
          mark: { type: 'point', filled: true, size: 40, opacity: 0.6 },
          encoding: { y, x: { field: 'accuracy', ...x } },
        },
      ],
    },
  } as unknown as Spec;
}
