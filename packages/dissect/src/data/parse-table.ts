import type { Check } from '@cnnviz/internal';
import Papa from 'papaparse';

/** A table with a first row of names. */
export interface Table {
  fields: readonly string[];
  /**
   * `where` names the row for errors, by its place in the file, blank rows counted; a cell that is not there is empty, and
   * no cell has space around it.
   */
  rows: readonly { where: string; cell: (field: string) => string }[];
}

/**
 * Reads a table of comma-separated values: with any line endings, also mixed, a byte order mark, spaces around names and
 * cells, and blank rows, which are passed over.
 *
 * @param name Of the file, for errors.
 * @param required Columns that it has to have.
 */
export function parseTable(check: Check, name: string, text: string, required: readonly string[]): Table {
  const { data, errors } = Papa.parse<string[]>(plainCsv(text), { delimiter: ',', newline: '\n' });
  const [error] = errors;
  if (error !== undefined) check.failBecause('state', `${name} row ${(error.row ?? 0) + 1}: ${error.message}`);
  const filled = data.flatMap((cells, index) => {
    const trimmed = cells.map((cell) => cell.trim());
    return trimmed.every((cell) => cell === '') ? [] : [{ cells: trimmed, where: `${name} row ${index + 1}` }];
  });
  const fields = filled[0]?.cells ?? [];
  for (const field of required) {
    if (!fields.includes(field)) check.failBecause('state', `${name} must have a column ${field}, it has ${fields}`);
    if (fields.indexOf(field) !== fields.lastIndexOf(field)) {
      check.failBecause('state', `${name} must have one column ${field}, it has ${fields}`);
    }
  }
  const columns = new Map(fields.map((field, column) => [field, column]));
  const rows = filled.slice(1).map(({ cells, where }) => {
    // Spreadsheets end rows with empty cells.
    if (cells.slice(fields.length).some((cell) => cell !== '')) {
      check.failBecause('state', `${where} has ${cells.length} cells, the first row has ${fields.length}`);
    }
    return { where, cell: (field: string) => cells[columns.get(field)!] ?? '' };
  });
  return { fields, rows };
}

/** Whether a cell is a number, such as 28, or the 28.0 that is left of it in a column of numbers with gaps. */
export function isNumber(cell: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);
}

/** The number in a cell, NaN where there is none. */
export function numberOf(cell: string): number {
  return isNumber(cell) ? Number(cell) : Number.NaN;
}

/**
 * As the parser has to have it: one kind of line end in a file, and no space before a quote that opens a cell. What is
 * inside quotes stays as it is.
 */
function plainCsv(text: string): string {
  const quotedOrNot = /"[^"]*"|\r\n?|(?<=[,\r\n]|^)[ \t]+(?=")/g;
  return text.replace(quotedOrNot, (found) => (found.startsWith('"') ? found : found.startsWith('\r') ? '\n' : ''));
}
