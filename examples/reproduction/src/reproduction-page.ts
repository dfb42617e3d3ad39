import { agreements, type ClaimsFile, peakMemoryText } from '@cnnviz/example-support';
import type { Experiment } from './experiments.ts';
import { linkPapers } from './papers.ts';

/** An experiment, and what it left; nothing if it was not run. */
export interface Outcome {
  experiment: Experiment;
  /** What it was started with. */
  options: readonly string[];
  results: ClaimsFile | undefined;
}

/** `docs/reproduction.md`: a table of all experiments, and one of each with its claims. */
export function reproductionPage(outcomes: readonly Outcome[]): string {
  const summary = outcomes.map(({ experiment: { title, needsData }, results }) => {
    if (results === undefined) {
      return [title, '', '', '', '', needsData ? 'not run: it needs CNNVIZ_DATA' : 'not run'];
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
    'Each example measures what a paper or the lecture states and compares the two by a rule in its `claims.ts`. This page is',
    'written by `npx --yes pnpm@10.34.9 reproduce`, or with `--quick` in a fraction of the time and with less data; a claim',
    'that does not come out stays. `--only overfitting,onemax` runs some of them, and keeps what others left in `report/`.',
    '',
    table(['experiment', 'yes', 'in part', 'no', 'memory at most', 'took'], summary),
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
      ['claim', 'from', 'theirs', 'ours', 'on', 'seeds', 'agrees'],
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
