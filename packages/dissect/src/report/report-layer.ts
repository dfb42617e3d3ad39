import { html } from 'hono/html';
import type { DissectedUnit } from '../dissection/dissection.ts';
import { maskOutline } from '../pictures/mask-outline.ts';
import { type ComparedDissection, compareDissections } from '../statistics/compare-dissections.ts';
import type { UnitStatistics } from '../statistics/dissection-statistics.ts';
import { maskOfRuns } from '../tallies/mask-runs.ts';

type Markup = ReturnType<typeof html>;

interface ReportLayerOptions {
  /** The id of the section, for links. */
  id: string;
  heading: string;
  colors: CategoryColors;
  pictures: ReportPictures;
}

/** What is shown of top images. */
export interface ReportPictures {
  /** How many of a unit. */
  perUnit: number;
  /** The images for which the style has a picture. */
  names: ReadonlyMap<number, string>;
}

/** The number of its color in the style, by category. */
export type CategoryColors = ReadonlyMap<string, number>;

/** How many colors the style has. */
const colorCount = 8;

export const categoryColors = (categories: readonly string[]): CategoryColors =>
  new Map(categories.map((category, index) => [category, index % colorCount]));

/** The section of one layer: facts, histograms and the list of its units. */
export function reportLayer(compared: ComparedDissection, options: ReportLayerOptions): Markup {
  const { id, heading, colors } = options;
  const { dissection } = compared;
  const { images, quantile, rankError, mapSize, labelSize } = dissection;
  const { layers, categoryDetectors, conceptDetectors } = compareDissections([compared]);
  const { units, detectors, uniquePerCategory, uniqueBestLabels, aboveChance } = layers[0]!;
  const facts: [string, string | number][] = [
    ['units', units],
    ['detectors', detectors],
    ['unique, by category', uniquePerCategory],
    ['unique, best labels', uniqueBestLabels],
    ...(aboveChance === null ? [] : [['above chance', aboveChance] as [string, number]]),
    ['images', images],
    ['map', mapSize.join(' × ')],
    ['labels', labelSize.join(' × ')],
    ['quantile of the threshold', rankError === 0 ? quantile : `${quantile} ± ${rankError.toPrecision(1)}`],
  ];
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${heading}</h2>
<dl>${facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
<div class="histograms">
<div>
<h3>Detectors by category</h3>
${bars(
  categoryDetectors
    .filter((each) => each.detectors > 0)
    .map(({ category, detectors, uniqueBestLabels }) => ({
      name: category,
      count: detectors,
      note: `${uniqueBestLabels} distinct`,
      color: colors.get(category)!,
    })),
)}
</div>
<div>
<h3>Detectors by concept</h3>
${bars(
  conceptDetectors
    .filter((each) => each.detectors > 0)
    .map(({ concept, category, detectors }) => ({
      name: concept,
      count: detectors,
      note: category,
      color: colors.get(category)!,
    })),
)}
</div>
</div>
<h3 id="${id}-units">Units</h3>
${unitList(compared, options)}
</section>
`;
}

interface Bar {
  name: string;
  count: number;
  note: string;
  color: number;
}

function bars(rows: readonly Bar[]): Markup {
  if (rows.length === 0) return html`<p>None.</p>`;
  const most = Math.max(...rows.map(({ count }) => count));
  return html`<ul class="bars">
${rows.map(
  ({ name, count, note, color }) =>
    html`<li class="c${color}"><span>${name} <small>${note}</small></span><span class="bar" style="--share:${(count / most).toFixed(3)}">${count}</span></li>
`,
)}
</ul>`;
}

/** A column of the list: how it is called, compared and shown. */
interface Column {
  name: string;
  /** How its cells are sorted; not at all without. */
  sort?: 'text' | 'number';
  cell: (
    unit: DissectedUnit,
    statistics: UnitStatistics | undefined,
  ) => { shown: Markup | string; value?: string | number };
}

function unitList({ dissection, statistics }: ComparedDissection, options: ReportLayerOptions): Markup {
  const { id, heading, pictures } = options;
  const { units, categories } = dissection;
  const ofUnit = new Map(statistics?.units.map((each) => [each.unit, each]));
  const columns = columnsOf(dissection, [...ofUnit.values()], pictures);
  const falling = [...units].sort((a, b) => (b.best?.iou ?? 0) - (a.best?.iou ?? 0));
  const used = categories.filter((category) => units.some(({ best }) => best?.concept.category === category));
  return html`<form class="filter" data-table="${id}-table" hidden>
<label>Concept <input type="search" name="text" autocomplete="off"></label>
<label>Category <select name="category"><option value="">all</option>${used.map((category) => html`<option>${category}</option>`)}</select></label>
<label><input type="checkbox" name="detectors"> detectors only</label>
<output aria-live="polite">${units.length} units</output>
</form>
<table class="units" id="${id}-table" aria-label="Units of ${heading}">
<thead><tr>
${columns.map(
  ({ name, sort }) =>
    html`<th scope="col"${sort === undefined ? '' : html` data-sort="${sort}"`}${name === 'IoU' ? html` aria-sort="descending"` : ''}>${name}</th>`,
)}
</tr></thead>
<tbody>
${falling.map((unit) => {
  const cells = columns.map(({ name, sort, cell }, column) => {
    const { shown, value } = cell(unit, ofUnit.get(unit.unit));
    const label = html` data-label="${name}"`;
    const sorted = sort === undefined ? '' : html` data-value="${value ?? ''}"`;
    const kind = sort === undefined ? html` class="tops"` : sort === 'number' ? html` class="number"` : '';
    return column === 0
      ? html`<th scope="row"${label}${sorted}>${shown}</th>`
      : html`<td${label}${sorted}${kind}>${shown}</td>`;
  });
  const category = unit.best?.concept.category ?? '';
  const color = options.colors.get(category);
  return html`<tr id="${id}-unit-${unit.unit}" data-concept="${unit.best?.concept.name ?? ''}" data-category="${category}"${unit.isDetector ? html` data-detector` : ''}${color === undefined ? '' : html` class="c${color}"`}>${cells}</tr>
`;
})}
</tbody>
</table>`;
}

const three = (value: number) => value.toFixed(3);

function columnsOf(
  { units, iouLimit, labelSize }: ComparedDissection['dissection'],
  statistics: readonly UnitStatistics[],
  { perUnit, names }: ReportPictures,
): Column[] {
  const columns: Column[] = [
    { name: 'Unit', sort: 'number', cell: ({ unit }) => ({ shown: `${unit}`, value: unit }) },
    {
      name: 'Concept',
      sort: 'text',
      cell: ({ best, isDetector, byCategory }) => {
        if (best === null) return { shown: 'none' };
        const others = byCategory.filter((match) => match !== best && match.iou > iouLimit);
        const name = isDetector ? html`<b>${best.concept.name}</b>` : best.concept.name;
        const also = others.map(({ concept, iou }) => `${concept.name} (${concept.category}) ${three(iou)}`);
        const shown = html`${name}${also.length === 0 ? '' : html`<small>also ${also.join(', ')}</small>`}`;
        return { shown, value: best.concept.name };
      },
    },
    {
      name: 'Category',
      sort: 'text',
      cell: ({ best }) =>
        best === null
          ? { shown: '–' }
          : { shown: html`<span class="category">${best.concept.category}</span>`, value: best.concept.category },
    },
    {
      name: 'IoU',
      sort: 'number',
      cell: ({ best }) => ({ shown: three(best?.iou ?? 0), value: best?.iou ?? 0 }),
    },
  ];
  if (statistics.some(({ interval }) => interval !== null)) {
    columns.push({
      name: 'Interval',
      sort: 'number',
      cell: (_, unit) => {
        const interval = unit?.interval;
        return interval
          ? { shown: `${three(interval[0])} to ${three(interval[1])}`, value: interval[0] }
          : { shown: '–' };
      },
    });
  }
  if (statistics.some(({ chance }) => chance !== null)) {
    columns.push(
      {
        name: 'Chance',
        sort: 'number',
        cell: (_, unit) => {
          const chance = unit?.chance;
          if (!chance) return { shown: '–' };
          return {
            shown: html`${three(chance.mean)}<small>95 % below ${three(chance.upper)}</small>`,
            value: chance.mean,
          };
        },
      },
      {
        name: 'Adjusted p',
        sort: 'number',
        cell: (_, unit) => {
          if (unit === undefined || unit.adjustedP === null) return { shown: '–' };
          const p = unit.adjustedP.toPrecision(2);
          return {
            shown: unit.isAboveChance ? html`<b>${p}</b><small>above chance</small>` : p,
            value: unit.adjustedP,
          };
        },
      },
    );
  }
  columns.push({
    name: 'Threshold',
    sort: 'number',
    cell: ({ threshold }) => ({ shown: `${Number(threshold.toPrecision(4))}`, value: threshold }),
  });
  if (names.size > 0 && units.some(({ topImages }) => topImages.length > 0)) {
    columns.push({
      name: 'Top images',
      cell: ({ topImages }) => ({ shown: strip(topImages.slice(0, perUnit), labelSize, names) }),
    });
  }
  return columns;
}

/** Two units of its view box are a pixel of the labels. */
function strip(
  topImages: DissectedUnit['topImages'],
  [height, width]: readonly [number, number],
  names: ReadonlyMap<number, string>,
): Markup {
  const around = `M-9-9h${2 * width + 18}v${2 * height + 18}h${-2 * width - 18}z`;
  return html`<div class="strip">${topImages.map(({ image, activation, mask }) => {
    const outline = maskOutline(maskOfRuns(mask), [height, width]);
    const title = `${names.get(image)}, activation ${Number(activation.toPrecision(4))}`;
    return html`<svg class="i${image}" viewBox="0 0 ${2 * width} ${2 * height}" role="img"><title>${title}</title><path d="${around}${outline}"/></svg>`;
  })}</div>`;
}
