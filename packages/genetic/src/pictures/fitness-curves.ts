import { checker } from '@cnnviz/internal';

export interface FitnessCurvesOptions {
  /** Title of the vertical axis. Default: `fitness`. */
  label?: string;
  /** Most points per curve; others are left out evenly. Default: 500. */
  points?: number;
}

type Curve = 'best' | 'mean' | 'median' | 'worst';

/** A Vega-Lite specification with its data inline. */
export interface FitnessCurves {
  $schema: string;
  width: number;
  height: number;
  data: { values: { generation: number; curve: Curve; value: number }[] };
  mark: { type: 'line'; interpolate: 'step-after' };
  encoding: {
    x: { field: 'generation'; type: 'quantitative'; title: string; axis: { tickMinStep: number } };
    y: { field: 'value'; type: 'quantitative'; title: string };
    color: { field: 'curve'; type: 'nominal'; sort: Curve[]; title: null };
  };
}

const check = checker('@cnnviz/genetic', 'fitnessCurves');
const CURVES: Curve[] = ['best', 'mean', 'median', 'worst'];

/**
 * Charts how fitness rose: best, mean and worst of a genetic algorithm, or best, mean and median of an archive.
 *
 * @param history Statistics by generation, as `evolve` and `evolveFoolingImages` give them.
 * @returns A Vega-Lite specification, plain JSON.
 * @throws RangeError if the history is empty, or a number is not finite.
 * @see Satyanarayan et al., "Vega-Lite: A Grammar of Interactive Graphics", IEEE TVCG 23(1), 2017,
 *   https://doi.org/10.1109/TVCG.2016.2599030.
 *
 * @example
 * import { bitEncoding, evolve, fitnessCurves } from '@cnnviz/genetic';
 *
 * const { history } = await evolve({
 *   encoding: bitEncoding({ length: 20 }),
 *   fitness: (bits) => bits.reduce((sum, bit) => sum + bit, 0),
 *   populationSize: 20,
 *   generations: 10,
 *   seed: 0,
 * });
 * const chart = fitnessCurves(history, { label: 'ones' });
 */
export function fitnessCurves(
  history: readonly ({ generation: number } & Partial<Record<Curve, number>>)[],
  options: FitnessCurvesOptions = {},
): FitnessCurves {
  const { label = 'fitness', points = 500 } = check.options(options);
  if (typeof label !== 'string') check.fail('type', 'label', 'a string', label);
  if (!Array.isArray(history)) check.fail('type', 'history', 'a list of statistics', history);
  if (history.length === 0) check.fail('range', 'history', 'the statistics of at least one generation', history);
  check.number('points', points, { integer: true, min: 2 });
  history.forEach((record, index) => {
    check.number(`history[${index}].generation`, check.options(record, `history[${index}]`).generation);
    for (const curve of CURVES) {
      if (record[curve] !== undefined) check.number(`history[${index}].${curve}`, record[curve]);
    }
  });
  const every = Math.ceil(history.length / points);
  const shown = history.filter((_, index) => index % every === 0 || index === history.length - 1);
  const curves = CURVES.filter((curve) => history[0]![curve] !== undefined);
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: 480,
    height: 240,
    data: {
      values: shown.flatMap((statistics) =>
        curves.map((curve) => ({ generation: statistics.generation, curve, value: statistics[curve]! })),
      ),
    },
    mark: { type: 'line', interpolate: 'step-after' },
    encoding: {
      x: { field: 'generation', type: 'quantitative', title: 'generation', axis: { tickMinStep: 1 } },
      y: { field: 'value', type: 'quantitative', title: label },
      color: { field: 'curve', type: 'nominal', sort: curves, title: null },
    },
  };
}
