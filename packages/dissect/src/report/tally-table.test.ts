import { readFile } from 'node:fs/promises';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { parseTallyCsv, type TallyTable, tallyCsv, tallyRecords } from './tally-table.ts';

const match = (name: string, category: string, iou: number) => ({
  concept: { name, category },
  truth: 100,
  activation: 40,
  intersection: 7,
  iou,
});

const sky = match('sky, blue "and" wide', 'object', 0.1);
const proto = match('__proto__', 'a b', 0.3);
const script = match('<script>alert(1)</script>', 'object', 1 / 3);
const table: TallyTable = {
  categories: ['object', 'a b'],
  units: [
    { unit: 0, best: null, byCategory: [] },
    { unit: 1, best: proto, byCategory: [sky, proto] },
    { unit: 2, best: script, byCategory: [script] },
  ],
};

describe('tallyCsv and parseTallyCsv', () => {
  it('give back what they were given, whatever the names', () => {
    expect(parseTallyCsv(tallyCsv(table))).toEqual(table);
  });

  it("write NetDissect's columns, best units first, units from 1", () => {
    const [header, ...rows] = tallyCsv(table).split('\r\n');
    expect(header).toBe(
      'unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou,a b-label,a b-truth,a b-activation,a b-intersect,a b-iou',
    );
    expect(rows).toEqual([
      '3,object,<script>alert(1)</script>,0.3333333333333333,<script>alert(1)</script>,100,40,7,0.3333333333333333,,,,,',
      '2,a b,__proto__,0.3,"sky, blue ""and"" wide",100,40,7,0.1,__proto__,100,40,7,0.3',
      '1,,,0,,,,,,,,,,',
      '',
    ]);
  });

  it('are the same as records of plain JSON', () => {
    const records = tallyRecords(table);
    expect(records[1]).toEqual({
      unit: 2,
      category: 'a b',
      label: '__proto__',
      score: 0.3,
      'object-label': 'sky, blue "and" wide',
      'object-truth': 100,
      'object-activation': 40,
      'object-intersect': 7,
      'object-iou': 0.1,
      'a b-label': '__proto__',
      'a b-truth': 100,
      'a b-activation': 40,
      'a b-intersect': 7,
      'a b-iou': 0.3,
    });
    expect(records[2]).toMatchObject({ unit: 1, category: null, score: 0, 'object-iou': null });
    expect(JSON.parse(JSON.stringify(records))).toEqual(records);
  });

  const header = 'unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou';
  const row = '1,object,sky,0.5,sky,10,20,10,0.5';
  it.each([
    [[header, row, row], 'unit 1 is there twice'],
    [['unit,label,score', row], 'the table must have a column category'],
    [[header.replace('truth', 'true'), row], 'the table must have a column object-truth'],
    [[header, row.replace('20', 'many')], 'the table row 2: object-activation must be an integer >= 0, got NaN'],
    [[header, row, '2,object,sky,0.5,sky,10,20,10,1.5'], 'the table row 3: object-iou must be a number >= 0 and <= 1'],
    [[header, row.replace('1,', '0,')], 'the table row 2: unit must be an integer >= 1, got 0'],
    [[header, row.replace('sky', 'sea')], 'the table row 2: sea is not its label of the category object'],
    [[header, `${row},7`], 'the table row 2 has 10 cells, the first row has 9'],
    [[header, '1,object,"sky'], 'the table row 2: Quoted field unterminated'],
  ])('refuse a bad file: %j', (lines, message) => {
    expect(() => parseTallyCsv(lines.join('\n'))).toThrow(`@cnnviz/dissect: parseTallyCsv: ${message}`);
  });

  it('refuse what is no table', () => {
    expect(() => parseTallyCsv(new Uint8Array(3) as never)).toThrow('text must be the text of a table');
    expect(() => tallyCsv({ categories: [] } as never)).toThrow('table.units must be a list of units');
    expect(() => tallyRecords({} as never)).toThrow('table.categories must be a list of names');
  });
});

describe.runIf(process.env.CNNVIZ_DATA)("NetDissect's published tallies (needs CNNVIZ_DATA)", () => {
  it.each([
    'caffe_reference_places365',
    'caffe_reference_places205',
    'caffe_reference_imagenet',
    'ResNet-152-model_places365',
  ])('%s read and written again has the same values in the same places', async (name) => {
    const text = await readFile(`${process.env.CNNVIZ_DATA}/netdissect-tallies/${name}.csv`, 'utf8');
    /** Numbers as numbers, as they may be written in more digits than needed. */
    const cellsOf = (csv: string) =>
      Papa.parse<string[]>(csv, { skipEmptyLines: true }).data.map((cells) =>
        cells.map((cell) => (/^[\d.]+(e-?\d+)?$/.test(cell) ? Number(cell) : cell)),
      );
    const table = parseTallyCsv(text);
    expect(cellsOf(tallyCsv(table))).toEqual(cellsOf(text));
    expect(parseTallyCsv(tallyCsv(table))).toEqual(table);
  });
});
