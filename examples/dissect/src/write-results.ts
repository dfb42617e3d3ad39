import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ConceptData,
  type Dissection,
  dissectionReport,
  dissectionStatistics,
  tallyCsv,
  tallyRecords,
  uniqueDetectors,
} from '@cnnviz/dissect';
import { writeWhole } from '@cnnviz/example-support';

export interface WriteResultsOptions {
  title: string;
  intro: readonly string[];
  concepts: ConceptData;
  imagesPerUnit: number;
}

/**
 * Writes the page, `index.html`, and for each layer NetDissect's table as `<layer>-result.csv` and `<layer>-result.json`, and
 * all results as `<layer>.json`.
 *
 * @param folder Created if missing.
 * @returns The path of the page, and a line per layer about what it detects.
 */
export async function writeResults(
  folder: string,
  dissections: readonly Dissection[],
  options: WriteResultsOptions,
): Promise<{ page: string; lines: string[] }> {
  await mkdir(folder, { recursive: true });
  const lines: string[] = [];
  const compared = dissections.map((dissection) => {
    const hasStatistics = dissection.imageCounts.length > 0 || dissection.chance !== null;
    return hasStatistics ? { dissection, statistics: dissectionStatistics(dissection) } : { dissection };
  });
  for (const { dissection, statistics } of compared) {
    const name = dissection.layer.replaceAll(/[^\w.-]+/g, '-');
    await writeWhole(join(folder, `${name}-result.csv`), tallyCsv(dissection));
    await writeWhole(join(folder, `${name}-result.json`), JSON.stringify(tallyRecords(dissection)));
    // The counts of each image are large, and no longer needed: the intervals are made.
    await writeWhole(join(folder, `${name}.json`), JSON.stringify({ ...dissection, imageCounts: [], statistics }));
    lines.push(lineOf(dissection, statistics?.aboveChance ?? null));
  }
  const page = join(folder, 'index.html');
  await writeWhole(page, await dissectionReport(compared, options));
  return { page, lines };
}

function lineOf({ layer, units }: Dissection, aboveChance: number | null): string {
  const { detectors, uniquePerCategory, uniqueBestLabels, categories } = uniqueDetectors(units);
  const ofCategories = categories
    .filter((each) => each.detectors > 0)
    .map((each) => `${each.category} ${each.detectors}`)
    .join(', ');
  const chance = aboveChance === null ? '' : `, ${aboveChance} above chance`;
  return `${layer}: ${detectors} of ${units.length} units are detectors${chance}; unique ${uniquePerCategory} by category, ${uniqueBestLabels} by best label; ${ofCategories}`;
}
