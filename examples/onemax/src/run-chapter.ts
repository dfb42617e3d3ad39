import type { Chapter } from '@cnnviz/example-support';
import { fitnessCurves, type OneMaxRun } from '@cnnviz/genetic';

const ROWS = 8;

/** One run: how fitness rose, and how its first generation became the second. */
export function runChapter(
  { generations, solvedIn }: OneMaxRun,
  { id, title, length }: { id: string; title: string; length: number },
): Chapter {
  const history = generations.map(({ best, mean, strings }, generation) => ({
    generation,
    best,
    mean,
    worst: Math.min(...strings.map(({ fitness }) => fitness)),
  }));
  const [first] = generations;
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
        kind: 'chart',
        caption: 'Number of ones, by generation.',
        alt: `The best string rises from ${history[0]!.best} ones to ${best}.`,
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
