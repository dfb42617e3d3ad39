import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from './render-report.ts';
import { renderReport } from './render-report.ts';

/**
 * Writes a report as `index.html`, and each of its pictures as a PNG file beside it.
 *
 * @param folder Made if missing. Other files in it stay as they are.
 * @returns Path of `index.html`.
 */
export async function writeReport(folder: string, report: Report): Promise<string> {
  const page = await renderReport(report);
  await mkdir(folder, { recursive: true });
  for (const { name, png } of picturesOf(report)) await writeWhole(join(folder, `${name}.png`), png);
  const path = join(folder, 'index.html');
  await writeWhole(path, page);
  return path;
}

function picturesOf({ chapters }: Report) {
  return chapters
    .flatMap(({ figures }) => figures)
    .filter((figure) => figure.kind === 'pictures')
    .flatMap(({ rows }) => rows.flatMap(({ cells }) => cells.map(({ picture }) => picture)));
}

/** Writes a file under another name first, so that a reader never meets half of it, nor one who kills the writer. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.part`;
  await writeFile(part, content);
  await rename(part, path);
}
