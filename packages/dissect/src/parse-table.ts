import type { Check } from '@cnnviz/internal';
import Papa from 'papaparse';

/** A table with a first row of names. */
export interface Table {
  fields: readonly string[];
  /** `where` tells the row from all others, for errors; a cell that is not there is empty. */
  rows: readonly { where: string; cell: (field: string) => string }[];
}

/**
 * Reads a table of comma-separated values.
 *
 * @param name Of the file, for errors.
 * @param required Columns that it has to have.
 */
export function parseTable(check: Check, name: string, text: string, required: readonly string[]): Table {
  const { data, errors } = Papa.parse<string[]>(text, { delimiter: ',', skipEmptyLines: 'greedy' });
  const [error] = errors;
  if (error !== undefined) check.failBecause('state', `${name} row ${(error.row ?? 0) + 1}: ${error.message}`);
  const fields = data[0] ?? [];
  for (const field of required) {
    if (!fields.includes(field)) check.failBecause('state', `${name} must have a column ${field}, it has ${fields}`);
  }
  const columns = new Map(fields.map((field, column) => [field, column]));
  const rows = data.slice(1).map((cells, index) => {
    const where = `${name} row ${index + 2}`;
    if (cells.length > fields.length) {
      check.failBecause('state', `${where} has ${cells.length} cells, the first row has ${fields.length}`);
    }
    return { where, cell: (field: string) => cells[columns.get(field)!]?.trim() ?? '' };
  });
  return { fields, rows };
}
