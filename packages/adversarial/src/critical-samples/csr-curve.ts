import { type ChartSpecification, checker, vegaLite } from '@cnnviz/internal';
import type { CriticalSampleRatio } from './count-critical-samples.ts';

/** The critical sample ratio at one time of a training. */
export interface CsrPoint extends Pick<CriticalSampleRatio, 'ratio' | 'interval'> {
  /** How many epochs the network was trained for. */
  epoch: number;
}

/**
 * The critical sample ratio over the epochs, a line for each of several trainings in a band that is its interval.
 *
 * @param trainings Points by name, such as `{ 'real labels': points, 'random labels': otherPoints }`.
 * @returns A Vega-Lite specification, plain JSON.
 * @throws RangeError if there is no training, or a point has no epoch, ratio and interval.
 * @see Arpit et al., "A Closer Look at Memorization in Deep Networks", ICML 2017, https://arxiv.org/abs/1706.05394.
 *
 * @example
 * import { criticalSampleRatio, csrCurve } from '@cnnviz/adversarial';
 *
 * const options = { bounds: [0, 1], maxSteps: 3, seed: 0 } as const;
 * const point = { epoch: 0, ...(await criticalSampleRatio(model, [images], options)) };
 * const specification = csrCurve({ 'before training': [point] });
 */
export function csrCurve(trainings: Readonly<Record<string, readonly CsrPoint[]>>): ChartSpecification {
  const check = checker('@cnnviz/adversarial', 'csrCurve');
  const names = Object.keys(trainings ?? {});
  if (names.length === 0) check.fail('range', 'trainings', 'at least one training', trainings);
  const values = names.flatMap((training) => {
    const points = trainings[training]!;
    if (!Array.isArray(points))
      check.fail('type', `trainings[${JSON.stringify(training)}]`, 'a list of points', points);
    return points.map(({ epoch, ratio, interval }) => ({
      training,
      epoch: check.number('epoch', epoch),
      ratio: check.number('ratio', ratio, { min: 0, max: 1 }),
      low: check.number('interval', interval?.[0], { min: 0, max: 1 }),
      high: check.number('interval', interval?.[1], { min: 0, max: 1 }),
    }));
  });
  const ratio = { type: 'quantitative', title: 'critical sample ratio', axis: { format: '%' } };
  // Of color and dashes alike, domain included, or Vega-Lite draws two legends.
  const training = { field: 'training', type: 'nominal', scale: { domain: names }, title: null };
  const colorAlone = { ...training, legend: null };
  return {
    $schema: vegaLite,
    data: { values },
    width: 480,
    height: 280,
    encoding: { x: { field: 'epoch', type: 'quantitative', title: 'epoch' } },
    // That of the lines.
    resolve: { legend: { color: 'independent', strokeDash: 'independent' } },
    layer: [
      {
        mark: { type: 'area', opacity: 0.2 },
        encoding: { y: { field: 'low', ...ratio }, y2: { field: 'high' }, color: colorAlone },
      },
      {
        mark: { type: 'line', strokeWidth: 2 },
        encoding: { y: { field: 'ratio', ...ratio }, color: training, strokeDash: training },
      },
      { mark: { type: 'point', filled: true }, encoding: { y: { field: 'ratio', ...ratio }, color: colorAlone } },
    ],
  };
}
