import { agreements, type ClaimsFile, peakMemoryText } from '@cnnviz/example-support';
import type { Experiment } from './experiments.ts';
import { linkPapers } from './papers.ts';

/** An experiment and its results; `undefined` if it was not run. */
export interface Outcome {
  experiment: Experiment;
  /** The options it was started with. */
  options: readonly string[];
  results: ClaimsFile | undefined;
}

/** `docs/reproduction.md`: a table of all experiments, and one table per experiment with its claims. */
export function reproductionPage(outcomes: readonly Outcome[]): string {
  const summary = outcomes.map(({ experiment: { title, needsData }, results }) => {
    if (results === undefined) {
      return [title, '', '', '', '', needsData ? 'not run: needs CNNVIZ_DATA' : 'not run'];
    }
    const counts = agreements.map((agreement) => results.claims.filter(({ agrees }) => agrees === agreement).length);
    return [
      `[${title}](#${anchor(title)})`,
      ...counts.map(String),
      peakMemoryText(results.memory),
      `${results.seconds} s`,
    ];
  });
  return [
    '# What reproduces, and what does not',
    'Each example measures what a paper or the lecture claims, and a rule in its `claims.ts` decides whether the two agree. Claims',
    'that do not reproduce stay on this page. `npx --yes pnpm@10.34.9 reproduce` writes it; with `--quick` it uses less data and a',
    'fraction of the time. `--only overfitting,onemax` runs only these two and keeps the results of earlier runs in `report/`.',
    '',
    table(['experiment', 'yes', 'in part', 'no', 'peak memory', 'time'], summary),
    ...outcomes.flatMap(({ experiment, options, results }) =>
      results === undefined ? [] : section(experiment, options, results),
    ),
  ].join('\n');
}

function section({ name, title }: Experiment, options: readonly string[], results: ClaimsFile): string[] {
  const command = ['npx --yes pnpm@10.34.9 --filter', `@cnnviz/example-${name}`, 'start', ...options].join(' ');
  return [
    `\n## ${title}\n`,
    `\`${command}\`: ${results.seconds} s on ${results.backend}, Node ${results.node}, TensorFlow.js ${results.tfjs}, commit ${results.commit}.\n`,
    table(
      ['claim', 'source', 'theirs', 'ours', 'on', 'seeds', 'agrees'],
      results.claims.map(({ claim, source, theirs, ours, on, seeds, agrees }) => [
        claim,
        linkPapers(source),
        theirs,
        ours,
        on,
        String(seeds),
        agrees === 'yes' ? agrees : `**${agrees}**`,
      ]),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\u00a0', ' ')).join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

const anchor = (title: string): string => title.toLowerCase().replaceAll(' ', '-');
