import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { intersectionOverUnion, parseTallyCsv, type UniqueDetectors, uniqueDetectors } from '@cnnviz/dissect';
import type { Chapter, Report } from '@cnnviz/example-support';

/** One of NetDissect's tables, `*-result.csv`, recounted. */
export interface PublishedTally {
  /** Name of the file, without its extension. */
  name: string;
  units: number;
  counts: UniqueDetectors;
  /** Number of IoUs in the table, and the largest difference from the IoUs that its pixel counts give. */
  recomputed: { cells: number; difference: number };
}

/** Reads all tables of a folder, sorted by name; none if there is no folder. */
export async function readTallies(folder: string): Promise<PublishedTally[]> {
  if (!existsSync(folder)) return [];
  const files = (await readdir(folder)).filter((file) => file.endsWith('.csv')).sort();
  return Promise.all(
    files.map(async (file) => recountTally(file.slice(0, -'.csv'.length), await readFile(join(folder, file), 'utf8'))),
  );
}

export function recountTally(name: string, csv: string): PublishedTally {
  const { units } = parseTallyCsv(csv);
  const matches = units.flatMap(({ byCategory }) => byCategory);
  const difference = matches.reduce(
    (most, match) => Math.max(most, Math.abs(intersectionOverUnion(match) - match.iou)),
    0,
  );
  return {
    name,
    units: units.length,
    counts: uniqueDetectors(units),
    recomputed: { cells: matches.length, difference },
  };
}

/** Makes a page about the tables, for readers who do not know them. */
export function talliesReport(tallies: readonly PublishedTally[]): Report {
  return {
    title: "NetDissect's published tables, recounted",
    intro: [
      "NetDissect's authors published a table for each network that they dissected. For each unit it lists the best concept of each category, with the number of pixels of the concept, the number of pixels on which the unit fires, and the number of pixels that both share. From these three counts this page recomputes every intersection over union (IoU), and from the IoUs how many units detect something.",
    ],
    chapters: [countsChapter(tallies), categoriesChapter(tallies)],
  };
}

function countsChapter(tallies: readonly PublishedTally[]): Chapter {
  return {
    id: 'counts',
    title: 'Detectors',
    intro: [
      'A unit is a detector if its best IoU is above 0.04. The number of different things that are detected is counted in two ways, both called unique detectors: the different best concepts of each category, summed over the categories, as in the figures of the paper; and the different best concepts overall, as in the report of the program.',
    ],
    figures: [
      {
        kind: 'table',
        caption: 'The last convolutional layer of each network, and how far our IoUs are from theirs.',
        columns: ['table', 'units', 'detectors', 'unique, by category', 'unique, best labels', 'IoUs', 'farthest'],
        rows: tallies.map(({ name, units, counts, recomputed }) => [
          name,
          units,
          counts.detectors,
          counts.uniquePerCategory,
          counts.uniqueBestLabels,
          recomputed.cells,
          recomputed.difference.toExponential(1),
        ]),
      },
    ],
  };
}

function categoriesChapter(tallies: readonly PublishedTally[]): Chapter {
  const values = tallies.flatMap(({ name, counts }) =>
    counts.categories.map(({ category, uniquePerCategory }) => ({ name, category, uniquePerCategory })),
  );
  const categories = [...new Set(values.map(({ category }) => category))];
  const told = tallies.map(({ name, counts }) => {
    const found = counts.categories.map(({ category, uniquePerCategory }) => `${category} ${uniquePerCategory}`);
    return `${name}: ${found.join(', ')}`;
  });
  return {
    id: 'categories',
    title: 'By category',
    intro: [],
    figures: [
      {
        kind: 'chart',
        caption: 'Unique detectors by category: the bars of the figures of the paper.',
        alt: `Unique detectors. ${told.join('; ')}.`,
        spec: {
          data: { values },
          width: 480,
          height: { step: 36 },
          mark: { type: 'bar' },
          encoding: {
            y: { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 240 } },
            x: { field: 'uniquePerCategory', type: 'quantitative', title: 'unique detectors' },
            color: { field: 'category', type: 'nominal' },
          },
        },
      },
      {
        kind: 'table',
        caption: 'Units with a concept of the category above 0.04, and the number of different concepts.',
        columns: ['table', ...categories],
        rows: tallies.map(({ name, counts }) => [
          name,
          ...categories.map((category) => {
            const found = counts.categories.find((each) => each.category === category);
            return found === undefined ? '–' : `${found.units}, ${found.uniquePerCategory}`;
          }),
        ]),
      },
    ],
  };
}
