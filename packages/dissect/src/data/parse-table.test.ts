import { checker } from '@cnnviz/internal';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import { numberOf, parseTable } from './parse-table.ts';

const check = checker('@cnnviz/dissect', 'test');

function recordsOf(text: string, required: readonly string[] = ['number', 'name']) {
  const { fields, rows } = parseTable(check, 'a.csv', text, required);
  return rows.map(({ cell }) => Object.fromEntries(fields.map((field) => [field, cell(field)])));
}
const dogAndCat = [
  { number: '1', name: 'dog' },
  { number: '2', name: 'cat' },
];

describe('parseTable', () => {
  test.each([
    ['line feeds', 'number,name\n1,dog\n2,cat\n'],
    ['carriage returns and line feeds', 'number,name\r\n1,dog\r\n2,cat\r\n'],
    ['carriage returns', 'number,name\r1,dog\r2,cat'],
    ['both in the header and line feeds below', 'number,name\r\n1,dog\n2,cat\n'],
    ['line feeds in the header and both below', 'number,name\n1,dog\r\n2,cat\r\n'],
    ['a byte order mark', '\ufeffnumber,name\n1,dog\n2,cat\n'],
    ['spaces around names and cells', ' number , name \n 1,\tdog \n2 , cat\n'],
    ['spaces around quotes', 'number, "name"\n1, "dog" \r\n "2","cat" ,\n'],
    ['blank rows', '\n\nnumber,name\n \n1,dog\n,\n2,cat\n\n\n'],
    ['empty cells at the end of rows', 'number,name,,\n1,dog,,\n2,cat,,,,\n'],
  ])('reads %s', (_, text) => {
    expect(recordsOf(text).map(({ number, name }) => ({ number, name }))).toEqual(dogAndCat);
  });

  test('keeps quotes, commas and line ends inside cells', () => {
    const cells = [
      ['number', 'name'],
      ['1', 'a "b", c'],
      ['2', 'two\r\nlines, and\rthree'],
      ['3', '""'],
      ['4', 'a,   "b"'],
    ];
    for (const newline of ['\n', '\r\n']) {
      expect(recordsOf(Papa.unparse(cells, { newline })).map(({ name }) => name)).toEqual(
        cells.slice(1).map(([, name]) => name),
      );
    }
  });

  test('names rows by their place in the file, blank ones counted', () => {
    const { rows } = parseTable(check, 'a.csv', 'number,name\r\n\n1,dog\n\n\n2,cat\n', ['number']);
    expect(rows.map(({ where }) => where)).toEqual(['a.csv row 3', 'a.csv row 6']);
    expect(() => recordsOf('\nnumber,name\n\n1,dog,5\n')).toThrow('a.csv row 4 has 3 cells, the first row has 2');
    expect(() => recordsOf('number,name\n\n1,"dog\n')).toThrow('a.csv row 3: ');
  });

  test('refuses a column that is missing or there twice', () => {
    expect(() => recordsOf('number;name\n1;dog\n')).toThrow(
      '@cnnviz/dissect: test: a.csv must have a column number, it has number;name',
    );
    expect(() => recordsOf('number,name,name\n1,dog,cat\n')).toThrow('a.csv must have one column name');
    expect(() => recordsOf('')).toThrow('a.csv must have a column number');
  });
});

test.each([
  ['28', 28],
  ['28.0', 28],
  ['28.', 28],
  ['+28', 28],
  ['-0.5', -0.5],
  ['.5', 0.5],
  ['1e+02', 100],
  ['', Number.NaN],
  ['0x1c', Number.NaN],
  ['28.png', Number.NaN],
  ['1,5', Number.NaN],
  ['Infinity', Number.NaN],
  ['.', Number.NaN],
])('numberOf reads %j as %d', (cell, number) => {
  expect(numberOf(cell)).toBe(number);
});
