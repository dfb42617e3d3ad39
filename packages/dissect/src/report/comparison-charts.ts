import { type ChartSpecification, checker, vegaLite } from '@cnnviz/internal';
import { requireLists } from '../data/require-lists.ts';
import type { DissectionComparison, DissectionNames } from '../statistics/compare-dissections.ts';

const comparisonLists = ['layers', 'categories', 'categoryDetectors', 'conceptDetectors'];

/**
 * Charts how many different things each layer detects, as in the paper: one bar per layer, its categories stacked.
 *
 * @param comparison A result of `compareDissections`. Networks stand side by side, ways of training below each other.
 * @param options `count`: the count to show. Default: `'uniquePerCategory'`, as in the paper's figures.
 * @returns A Vega-Lite specification. Plain JSON.
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, figure
 *   5.
 *
 * @example
 * import { compareDissections, conceptScenes, dissect, uniqueDetectorsChart } from '@cnnviz/dissect';
 *
 * const concepts = conceptScenes({ seed: 0, count: 4, size: 32 });
 * const dissection = await dissect({ probe: (images) => images, concepts, upsampling: 'half-pixel' });
 * const specification = uniqueDetectorsChart(compareDissections([{ dissection, network: 'colors' }]));
 */
export function uniqueDetectorsChart(
  comparison: DissectionComparison,
  options: { count?: 'uniquePerCategory' | 'uniqueBestLabels' | 'detectors' } = {},
): ChartSpecification {
  const check = checker('@cnnviz/dissect', 'uniqueDetectorsChart');
  requireLists(check, 'comparison', comparison, comparisonLists);
  check.options(options);
  const count = check.oneOf('count', options.count ?? 'uniquePerCategory', [
    'uniquePerCategory',
    'uniqueBestLabels',
    'detectors',
  ]);
  const { categories, categoryDetectors } = comparison;
  return {
    $schema: vegaLite,
    data: { values: categoryDetectors.map((row) => ({ ...row, place: categories.indexOf(row.category) })) },
    width: { step: 36 },
    height: 240,
    mark: { type: 'bar' },
    encoding: {
      x: { field: 'layer', type: 'nominal', sort: null, title: 'layer', axis: { labelAngle: -45 } },
      y: { field: count, aggregate: 'sum', type: 'quantitative', title: titles[count], axis: { tickMinStep: 1 } },
      color: categoryColor(categories),
      order: { field: 'place', type: 'quantitative' },
      ...facet('column', 'network', categoryDetectors),
      ...facet('row', 'training', categoryDetectors),
      tooltip: [{ field: 'category' }, { field: count, aggregate: 'sum' }],
    },
  };
}

/**
 * Charts which concepts a layer detects, and with how many units, like NetDissect's histogram.
 *
 * @param comparison A result of `compareDissections`; each dissection gets its own chart.
 * @param options `concepts`: number of concepts per dissection, those with most detectors. Default: 40.
 * @returns A Vega-Lite specification. Plain JSON.
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { compareDissections, conceptHistogram, conceptScenes, dissect } from '@cnnviz/dissect';
 *
 * const concepts = conceptScenes({ seed: 0, count: 4, size: 32 });
 * const dissection = await dissect({ probe: (images) => images, concepts, upsampling: 'half-pixel' });
 * const specification = conceptHistogram(compareDissections([{ dissection }]), { concepts: 10 });
 */
export function conceptHistogram(
  comparison: DissectionComparison,
  options: { concepts?: number } = {},
): ChartSpecification {
  const check = checker('@cnnviz/dissect', 'conceptHistogram');
  requireLists(check, 'comparison', comparison, comparisonLists);
  check.options(options);
  const most = check.number('concepts', options.concepts ?? 40, { integer: true, min: 1 });
  const { layers, categories, conceptDetectors } = comparison;
  const shown = new Map<string, number>();
  const values = conceptDetectors.flatMap((row) => {
    const dissection = nameOf(row);
    const before = shown.get(dissection) ?? 0;
    if (row.detectors === 0 || before === most) return [];
    shown.set(dissection, before + 1);
    return [{ dissection, ...row }];
  });
  return {
    $schema: vegaLite,
    data: { values },
    width: 240,
    height: { step: 14 },
    mark: { type: 'bar' },
    encoding: {
      y: { field: 'concept', type: 'nominal', sort: { field: 'detectors', order: 'descending' }, title: null },
      x: { field: 'detectors', type: 'quantitative', title: 'units', axis: { tickMinStep: 1 } },
      color: categoryColor(categories),
      ...(layers.length > 1 && {
        facet: { field: 'dissection', type: 'nominal', sort: layers.map(nameOf), title: null, columns: 3 },
      }),
      tooltip: [{ field: 'concept' }, { field: 'category' }, { field: 'detectors' }, { field: 'iou', format: '.3f' }],
    },
    ...(layers.length > 1 && { resolve: { scale: { y: 'independent' } } }),
  };
}

const titles = {
  uniquePerCategory: 'unique detectors',
  uniqueBestLabels: 'unique detectors (best concepts)',
  detectors: 'detectors',
};

const nameOf = ({ network, training, layer }: DissectionNames) =>
  [network, training, layer].filter((name) => name !== '').join(', ');

/** The same color for the same category in all charts of the same data. */
export function categoryColor(categories: readonly string[]) {
  const range = categories.map((_, index) => palette[index % palette.length]!);
  return { field: 'category', type: 'nominal', title: 'category', scale: { domain: [...categories], range } };
}

/** Told apart on white and on black, also by the color-blind. */
const palette = ['#2e86c8', '#d9701e', '#2f9e6e', '#b05fa8', '#c2a100', '#7d8b99', '#a0522d', '#4f5fd0'];

function facet(channel: 'row' | 'column', field: 'network' | 'training', rows: readonly DissectionNames[]) {
  const names = [...new Set(rows.map((row) => row[field]))];
  return names.length > 1 ? { [channel]: { field, type: 'nominal', sort: names, title: null } } : {};
}
