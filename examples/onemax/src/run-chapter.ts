import type { Chapter } from '@cnnviz/example-support';
import { fitnessCurves } from '@cnnviz/genetic';
import { generationPicture } from './generation-picture.ts';
import type { OneMaxRun } from './one-max.ts';

const ROWS = 8;
/** Generations that are drawn as pictures. */
const DRAWN = 6;

/** One run: its generations as pictures, how fitness rose, and how its first generation became the second. */
export async function runChapter(
  { generations, solvedIn }: OneMaxRun,
  { id, title, length }: { id: string; title: string; length: number },
): Promise<Chapter> {
  const history = generations.map(({ best, mean, strings }, generation) => ({
    generation,
    best,
    mean,
    worst: Math.min(...strings.map(({ fitness }) => fitness)),
  }));
  const [first] = generations;
  const drawn = spread(generations.length, DRAWN);
  const best = Math.max(...history.map((statistics) => statistics.best));
  return {
    id,
    title,
    intro: [],
    facts: [
      { label: 'solved in generation', value: solvedIn === null ? 'not at all' : String(solvedIn) },
      { label: 'most ones', value: `${best} of ${length}` },
    ],
    figures: [
      {
        kind: 'pictures',
        caption: 'Generations as pictures: each row is a string, the fittest on top; a one is white, a zero black.',
        rows: [
          { cells: await Promise.all(drawn.map((index) => generationPicture(generations[index]!, { id, index }))) },
        ],
      },
      {
        kind: 'chart',
        caption: 'Number of ones, by generation.',
        alt: `The best string of a generation rises from ${history[0]!.best} ones to ${best} of ${length}.`,
        spec: fitnessCurves(history, { label: 'ones' }),
      },
      {
        kind: 'table',
        caption: 'How the first generation became the second: the first pairs. A bar is a cut.',
        columns: ['pair', 'parents', 'ones', 'drawn with', 'children', 'flipped at'],
        rows: first!.pairs.slice(0, ROWS).flatMap(({ parents, cuts, children }, pair) =>
          parents.map((parent, place) => {
            const { bits, fitness, selectionProbability } = first!.strings[parent]!;
            const child = children[place]!;
            const marked =
              cuts === null
                ? bits
                : `${bits.slice(0, cuts.start)}|${bits.slice(cuts.start, cuts.end)}|${bits.slice(cuts.end)}`;
            return [
              place === 0 ? String(pair + 1) : '',
              marked,
              fitness,
              `${(100 * selectionProbability).toFixed(2)} %`,
              child.bits,
              child.flipped.join(', '),
            ];
          }),
        ),
      },
    ],
  };
}

/** Indices below `length`, evenly spread, the first and the last among them. */
function spread(length: number, count: number): number[] {
  const last = length - 1;
  const indices = Array.from({ length: count }, (_, index) => Math.round((index * last) / (count - 1)));
  return [...new Set(indices)];
}
