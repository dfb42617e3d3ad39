import type { Examined, Finding } from './examine.ts';
import type { InputGradient } from './input-gradients.ts';

const marks: Readonly<Record<Finding['status'], string>> = { works: 'yes', 'not for it': '-', fails: '**no**' };

/** What works, as Markdown: a row a network, a column a procedure. */
export function statusTable(examined: readonly Examined[]): string {
  const columns = examined[0]!.findings.map(({ procedure }) => procedure);
  return markdown(
    ['network', 'format', ...columns],
    examined.map(({ network, findings }) => [
      `\`${network.name}\``,
      network.format,
      ...findings.map(({ status }) => marks[status]),
    ]),
  );
}

/** The results as Markdown: a list for each network. */
export function findingLists(examined: readonly Examined[]): string {
  return examined
    .map(({ network, findings }) => {
      const lines = findings.map(
        ({ procedure, status, text }) => `- ${procedure}: ${status === 'works' ? '' : `${status}, `}${text}`,
      );
      return [`### \`${network.name}\``, '', `${network.task}; npm \`${network.packageName}\`.`, '', ...lines].join(
        '\n',
      );
    })
    .join('\n\n');
}

/** Which graphs have a gradient of their input, as Markdown. */
export function gradientTable(gradients: readonly InputGradient[]): string {
  const without = gradients.filter(({ reason }) => reason !== undefined);
  const count = `${gradients.length - without.length} of ${gradients.length} graphs have a gradient of their input; these have none:`;
  return [
    count,
    '',
    markdown(
      ['graph', 'why not'],
      without.map(({ name, reason }) => [`\`${name}\``, shortened(reason!)]),
    ),
  ].join('\n');
}

/** The first sentence, without the names of nodes. */
const shortened = (reason: string): string => reason.split('. ')[0]!.replace(/node '[^']*'/, 'node');

function markdown(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
