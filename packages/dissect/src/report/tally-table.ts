import { type Check, checker, restoring } from '@cnnviz/internal';
import Papa from 'papaparse';
import { numberOf, parseTable } from '../data/parse-table.ts';
import { requireList } from '../data/require-lists.ts';
import { iouOf } from '../tallies/dissection-tally.ts';

/** How well a unit's masks fit a concept, in pixels over the data set; part of `ConceptMatch`. */
export interface TallyMatch {
  concept: { name: string; category: string };
  truth: number;
  activation: number;
  intersection: number;
  iou: number;
}

/** What a unit detects; part of `DissectedUnit`. */
export interface TallyUnit {
  /** Index of the unit, from 0. */
  unit: number;
  best: TallyMatch | null;
  /** The best concept of each category. */
  byCategory: readonly TallyMatch[];
}

/** What NetDissect's tables hold about a layer; part of `Dissection`. */
export interface TallyTable {
  categories: readonly string[];
  units: readonly TallyUnit[];
}

/**
 * A row of NetDissect's table: `unit` (from 1), `category`, `label` and `score` of its best concept, and for each category
 * `*-label`, `*-truth`, `*-activation`, `*-intersect` and `*-iou`. Null if the unit shares no pixel with a concept.
 */
export type TallyRecord = Record<string, string | number | null>;

const bestColumns = ['unit', 'category', 'label', 'score'];
const countColumns = ['label', 'truth', 'activation', 'intersect', 'iou'] as const;
const columnsOf = (category: string) => countColumns.map((count) => `${category}-${count}`);

/**
 * Turns a dissection into records with the columns of NetDissect's `*-result.csv`, the units with the highest IoU first.
 *
 * @param table A result of `dissect` or `parseTallyCsv`.
 * @returns Plain JSON.
 * @throws TypeError if `table` is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796;
 *   https://github.com/CSAILVision/NetDissect, for the columns.
 *
 * @example
 * import { conceptScenes, dissect, tallyRecords } from '@cnnviz/dissect';
 *
 * const dissection = await dissect({
 *   probe: (images) => images, // the three units red, green and blue
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: 'half-pixel',
 * });
 * const [first] = tallyRecords(dissection);
 * console.log(first?.unit, first?.label, first?.score, first?.['color-iou']);
 */
export function tallyRecords(table: TallyTable): TallyRecord[] {
  const { header, rows } = cellsOf(checker('@cnnviz/dissect', 'tallyRecords'), table);
  return rows.map((cells) => Object.fromEntries(cells.map((cell, column) => [header[column]!, cell])));
}

/**
 * Writes a dissection in the format of NetDissect's `*-result.csv`, which its other programs read.
 *
 * @param table A result of `dissect` or `parseTallyCsv`.
 * @returns The text of the file: the rows of `tallyRecords`, numbers with enough digits to restore them exactly.
 * @throws TypeError if `table` is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796;
 *   https://github.com/CSAILVision/NetDissect, for the format.
 *
 * @example
 * import { parseTallyCsv, tallyCsv } from '@cnnviz/dissect';
 *
 * const sky = { concept: { name: 'sky', category: 'object' }, truth: 50, activation: 30, intersection: 20, iou: 1 / 3 };
 * const text = tallyCsv({ categories: ['object'], units: [{ unit: 0, best: sky, byCategory: [sky] }] });
 * parseTallyCsv(text).units[0]?.best?.iou; // 1 / 3
 */
export function tallyCsv(table: TallyTable): string {
  const { header, rows } = cellsOf(checker('@cnnviz/dissect', 'tallyCsv'), table);
  return `${Papa.unparse([header, ...rows])}\r\n`;
}

function cellsOf(check: Check, table: TallyTable): { header: string[]; rows: TallyRecord[string][][] } {
  const { categories, units } = check.options(table, 'table');
  requireList(check, 'table.categories', categories, 'a list of names');
  requireList(check, 'table.units', units, 'a list of units');
  return restoring(check, 'table', () => cellsOfUnits(table));
}

function cellsOfUnits({ categories, units }: TallyTable): { header: string[]; rows: TallyRecord[string][][] } {
  const falling = [...(units as readonly TallyUnit[])].sort((a, b) => (b.best?.iou ?? 0) - (a.best?.iou ?? 0));
  const rows = falling.map(({ unit, best, byCategory }) => [
    unit + 1,
    best?.concept.category ?? null,
    best?.concept.name ?? null,
    best?.iou ?? 0,
    ...(categories as readonly string[]).flatMap((category) => {
      const match = byCategory.find(({ concept }) => concept.category === category);
      if (match === undefined) return countColumns.map(() => null);
      return [match.concept.name, match.truth, match.activation, match.intersection, match.iou];
    }),
  ]);
  return { header: [...bestColumns, ...(categories as readonly string[]).flatMap(columnsOf)], rows };
}

/**
 * Reads a `*-result.csv` of NetDissect, such as those that its authors published for their networks, or of `tallyCsv`.
 *
 * @param text The whole file.
 * @returns The units in the order of their numbers, for `uniqueDetectors` and others. Plain data.
 * @throws RangeError if a cell is outside its range, or a unit occurs twice; names the row.
 * @throws TypeError if `text` is no text, or a cell no number; names the row.
 * @throws Error if a column is missing or a row is too long.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796;
 *   https://github.com/CSAILVision/NetDissect, for the format.
 *
 * @example
 * import { parseTallyCsv, uniqueDetectors } from '@cnnviz/dissect';
 *
 * const header = 'unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou';
 * const { units } = parseTallyCsv(`${header}\n107,object,road,0.155,road,13092677,3044167.0,2171174,0.155`);
 * uniqueDetectors(units).detectors; // 1
 */
export function parseTallyCsv(text: string): TallyTable {
  const check = checker('@cnnviz/dissect', 'parseTallyCsv');
  if (typeof text !== 'string') check.fail('type', 'text', 'the text of a table', text);
  const { fields, rows } = parseTable(check, 'the table', text, bestColumns);
  const categories = fields.flatMap((field) => (field.endsWith('-iou') ? [field.slice(0, -'-iou'.length)] : []));
  for (const column of categories.flatMap(columnsOf)) {
    if (!fields.includes(column)) check.failBecause('state', `the table must have a column ${column}`);
  }
  const units = rows.map(({ cell, where }): TallyUnit => {
    const number = (field: string, range: { integer?: boolean; min: number; max?: number }) =>
      check.number(`${where}: ${field}`, numberOf(cell(field)), range);
    const byCategory = categories.flatMap((category): TallyMatch[] => {
      const [label, truth, activation, intersect, iou] = columnsOf(category) as [
        string,
        string,
        string,
        string,
        string,
      ];
      if (cell(iou) === '') return [];
      const pixels = { integer: true, min: 0 };
      const counts = {
        truth: number(truth, pixels),
        activation: number(activation, pixels),
        intersection: number(intersect, pixels),
      };
      // Above 1 only where NetDissect counted pixels twice.
      const range = iouOf(counts) > 1 ? { min: 0 } : { min: 0, max: 1 };
      return [{ concept: { name: cell(label), category }, ...counts, iou: number(iou, range) }];
    });
    const category = cell('category');
    const best = byCategory.find(({ concept }) => concept.category === category) ?? null;
    if (category !== '' && best?.concept.name !== cell('label')) {
      check.failBecause('range', `${where}: ${cell('label')} is not its label of the category ${category}`);
    }
    return { unit: number('unit', { integer: true, min: 1 }) - 1, best, byCategory };
  });
  units.sort((a, b) => a.unit - b.unit);
  units.forEach(({ unit }, index) => {
    if (unit === units[index - 1]?.unit) check.failBecause('range', `unit ${unit + 1} is there twice`);
  });
  return { categories, units };
}
