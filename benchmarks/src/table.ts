import type { Row } from './row.ts';

const COLUMNS = ['what', 'backend', 'peer', 'ours', 'theirs', 'per second', 'ratio', 'over floor', 'memory', 'results'];

/** A Markdown table with one line per row. */
export function tableOf(rows: readonly Row[]): string {
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows.map(cells)].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function cells(row: Row): string[] {
  const { what, backend, peer, pairs, handled, memory, overFloor, equal } = row;
  const { ours, theirs } = pairs;
  return [
    what,
    backend,
    peer,
    secondsText(ours.seconds),
    secondsText(theirs.seconds),
    `${rateText(handled.ours / ours.seconds)} and ${rateText(handled.theirs / theirs.seconds)} ${handled.unit}`,
    ratioText(row),
    overFloor === undefined ? '' : overFloor.toFixed(2),
    `${megabytes(memory.ours)} and ${megabytes(memory.theirs)} MB`,
    equal,
  ];
}

/** Our time per image or evaluation divided by the peer's. Below 1, our code is faster. */
export const ratioOf = ({ pairs, handled }: Row): number => (pairs.ratio * handled.theirs) / handled.ours;

export const isAimMet = (row: Row): boolean => row.aim === undefined || ratioOf(row) <= row.aim;

function ratioText(row: Row): string {
  const ratio = ratioOf(row);
  const text = ratio < 0.1 ? `1/${(1 / ratio).toFixed(0)}` : ratio.toFixed(2);
  if (row.aim === undefined) return text;
  const aim = row.aim < 0.1 ? `1/${(1 / row.aim).toFixed(0)}` : String(row.aim);
  return isAimMet(row) ? `${text} (aim ${aim})` : `**${text}** (aim ${aim}, missed)`;
}

const secondsText = (seconds: number) =>
  seconds < 1 ? `${(1000 * seconds).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;

const rateText = (rate: number) => (rate < 100 ? rate.toPrecision(3) : Math.round(rate).toLocaleString('en'));

const megabytes = (bytes: number) => Math.round(bytes / 1e6);
