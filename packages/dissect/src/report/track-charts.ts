import { type ChartSpecification, checker, vegaLite } from '@cnnviz/internal';
import { requireList } from '../data/require-lists.ts';
import { requireTracks, type UnitTrack, type UnitTracks, type UnitTransition } from '../statistics/track-units.ts';
import { categoryColor } from './comparison-charts.ts';

/**
 * Charts how many detectors of each category a layer has at each step, with the number of different concepts as a line.
 *
 * @param tracks A result of `trackUnits`.
 * @returns A Vega-Lite specification. Plain JSON.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, figure
 *   10.
 *
 * @example
 * import { conceptScenes, detectorsOverSteps, dissect, trackUnits } from '@cnnviz/dissect';
 *
 * const concepts = conceptScenes({ seed: 0, count: 4, size: 32 });
 * const dissection = await dissect({ probe: (images) => images, concepts, upsampling: 'half-pixel' });
 * const specification = detectorsOverSteps(trackUnits([{ step: 0, dissection }]));
 */
export function detectorsOverSteps(tracks: UnitTracks): ChartSpecification {
  const check = checker('@cnnviz/dissect', 'detectorsOverSteps');
  requireTracks(check, tracks);
  const { steps, categories } = tracks;
  for (const [index, { detectorsByCategory }] of steps.entries()) {
    if (!Array.isArray(detectorsByCategory)) {
      check.fail('type', `tracks.steps[${index}].detectorsByCategory`, 'a list of numbers', detectorsByCategory);
    }
  }
  const values = steps.flatMap(({ step, uniqueBestLabels, detectorsByCategory }) =>
    categories.map((category, place) => ({
      step,
      category,
      place,
      detectors: detectorsByCategory[place]!,
      uniqueBestLabels,
    })),
  );
  const axis = { values: steps.map(({ step }) => step), labelOverlap: true, format: ',~f' };
  const x = { field: 'step', type: 'quantitative', title: 'step', axis };
  return {
    $schema: vegaLite,
    data: { values },
    width: 480,
    height: 240,
    layer: [
      {
        mark: { type: 'area', opacity: 0.7 },
        encoding: {
          x,
          y: {
            field: 'detectors',
            type: 'quantitative',
            stack: 'zero',
            title: 'detectors (dashed: different concepts)',
          },
          color: categoryColor(categories),
          order: { field: 'place', type: 'quantitative' },
        },
      },
      {
        mark: { type: 'line', point: true, strokeDash: [4, 3], color: 'gray' },
        encoding: {
          x,
          y: {
            field: 'uniqueBestLabels',
            aggregate: 'max',
            type: 'quantitative',
            title: 'detectors (dashed: different concepts)',
          },
        },
      },
    ],
  };
}

/**
 * Charts what each unit detects at each step: one row per unit, colored by category. Units that end with the same concept stand
 * together, those that settled first on top.
 *
 * @param tracks A result of `trackUnits`.
 * @returns A Vega-Lite specification. Plain JSON.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissect, trackUnits, unitTracksChart } from '@cnnviz/dissect';
 *
 * const concepts = conceptScenes({ seed: 0, count: 4, size: 32 });
 * const dissection = await dissect({ probe: (images) => images, concepts, upsampling: 'half-pixel' });
 * const specification = unitTracksChart(trackUnits([{ step: 0, dissection }]));
 */
export function unitTracksChart(tracks: UnitTracks): ChartSpecification {
  requireTracks(checker('@cnnviz/dissect', 'unitTracksChart'), tracks);
  const { units, categories } = tracks;
  const inOrder = [...units].sort((a, b) => compare(placeOf(a, categories), placeOf(b, categories)));
  const values = inOrder.flatMap(({ unit, history }) =>
    history.map(({ step, concept, iou }) => ({
      unit,
      step,
      concept: concept?.name ?? 'none',
      category: concept?.category ?? null,
      iou,
    })),
  );
  return {
    $schema: vegaLite,
    data: { values },
    width: 480,
    height: { step: units.length > 64 ? 4 : 12 },
    mark: { type: 'rect' },
    encoding: {
      x: { field: 'step', type: 'ordinal', title: 'step', axis: { labelAngle: 0, labelOverlap: true } },
      y: {
        field: 'unit',
        type: 'ordinal',
        sort: inOrder.map(({ unit }) => unit),
        title: 'unit',
        axis: { labelOverlap: true, ticks: false },
      },
      color: {
        condition: { test: 'datum.category !== null', ...categoryColor(categories) },
        value: 'transparent',
      },
      tooltip: [{ field: 'unit' }, { field: 'step' }, { field: 'concept' }, { field: 'iou', format: '.3f' }],
    },
  };
}

/**
 * Charts what units turned into: one row per concept before, one column per concept after, and how many units made the change.
 *
 * @param transitions A result of `unitTransitions`.
 * @returns A Vega-Lite specification. Plain JSON.
 * @throws RangeError if a number of units is negative.
 * @throws TypeError if an argument is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissect, trackUnits, transitionsChart, unitTransitions } from '@cnnviz/dissect';
 *
 * const concepts = conceptScenes({ seed: 0, count: 4, size: 32 });
 * const dissection = await dissect({ probe: (images) => images, concepts, upsampling: 'half-pixel' });
 * const tracks = trackUnits([{ step: 0, dissection }]);
 * const specification = transitionsChart(unitTransitions(tracks, { by: 'category' }));
 */
export function transitionsChart(transitions: readonly UnitTransition[]): ChartSpecification {
  const check = checker('@cnnviz/dissect', 'transitionsChart');
  requireList(check, 'transitions', transitions, 'what unitTransitions gives');
  for (const [index, transition] of transitions.entries()) {
    const { from, to, units } = check.options(transition, `transitions[${index}]`);
    for (const [name, value] of Object.entries({ from, to })) {
      const isName = value === null || typeof value === 'string';
      if (!isName) check.fail('type', `transitions[${index}].${name}`, 'a name, or null', value);
    }
    check.number(`transitions[${index}].units`, units, { min: 0 });
  }
  const values = (transitions as readonly UnitTransition[]).map(({ from, to, units }) => ({
    from: from ?? 'none',
    to: to ?? 'none',
    units,
  }));
  const most = Math.max(0, ...values.map(({ units }) => units));
  return {
    $schema: vegaLite,
    data: { values },
    width: { step: 28 },
    height: { step: 28 },
    encoding: {
      x: { field: 'to', type: 'nominal', title: 'became', axis: { labelAngle: -45 } },
      y: { field: 'from', type: 'nominal', title: 'was' },
    },
    layer: [
      {
        mark: { type: 'rect' },
        encoding: { color: { field: 'units', type: 'quantitative', scale: { scheme: 'blues' }, title: 'units' } },
      },
      {
        mark: { type: 'text' },
        encoding: {
          text: { field: 'units' },
          color: { condition: { test: `datum.units > ${most / 2}`, value: 'white' }, value: 'black' },
        },
      },
    ],
  };
}

type Place = [category: number, concept: string, settledAt: number, unit: number];

function placeOf({ unit, last, settledAt }: UnitTrack, categories: readonly string[]): Place {
  return last === null
    ? [categories.length, '', 0, unit]
    : [categories.indexOf(last.category), last.name, settledAt!, unit];
}

function compare(a: Place, b: Place): number {
  const [c, d] = [a[1], b[1]];
  return a[0] - b[0] || (c < d ? -1 : Number(c > d)) || a[2] - b[2] || a[3] - b[3];
}
