import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@cnnviz/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readClaims } from '../claims.ts';
import * as option from './options.ts';
import { type Outcome, runExample } from './run-example.ts';

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-example-'));
  printed = [];
  for (const method of ['log', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line) => void printed.push(String(line)));
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const claim = { claim: 'It adds up.', source: 'a book', theirs: '4', ours: '4', on: 'paper', seeds: 1, agrees: 'yes' };

function example(run: (sheep: number) => Promise<Outcome | undefined>) {
  return {
    folder: 'report/sheep',
    summary: 'Counts sheep.',
    options: { sheep: option.wholeNumber('how many', { default: 2 }), seed: option.seed() },
    run: ({ sheep }: { sheep: number }) => run(sheep),
  };
}

it('writes the page with backend, seed and time, and the claims, and says where', async () => {
  const count = example(async (sheep) => ({
    page: { title: `${sheep} sheep`, intro: [], facts: [{ label: 'sheep', value: String(sheep) }], chapters: [] },
    claims: [claim as never],
    lines: ['They sleep.'],
  }));
  await runExample(count, ['--sheep', '4', '--seed', '3', '--backend', 'cpu', '--out', folder]);
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  expect(page).toContain('<h1>4 sheep</h1>');
  expect([...page.matchAll(/<dt>([^<]*)<\/dt><dd>([^<]*)<\/dd>/g)].map(([, label, value]) => [label, value])).toEqual([
    ['sheep', '4'],
    ['backend', expect.stringMatching(/^cpu, /)],
    ['seed', '3'],
    ['time', expect.stringMatching(/^\d+ s$/)],
  ]);
  expect(await readClaims(join(folder, 'claims.json'))).toMatchObject({ claims: [claim] });
  expect(printed[0]).toMatch(/^backend: cpu/);
  expect(printed[1]).toBe('They sleep.');
  expect(printed[2]).toMatch(/^Everything took \d+ s and at most \d+ MB/);
  expect(printed[2]).toContain(`Open ${join(folder, 'index.html')}`);
});

it('prints its help and nothing else', async () => {
  const run = vi.fn();
  await runExample(example(run), ['--help']);
  expect(run).not.toHaveBeenCalled();
  expect(printed).toHaveLength(1);
  expect(printed[0]).toContain('Counts sheep.');
  expect(printed[0]).toContain('folder for the page (default: report/sheep, at the root of the repository)\n');
  for (const name of ['sheep', 'seed', 'out', 'backend', 'help']) expect(printed[0]).toContain(`  --${name}`);
});

it('ends with one line and exit code 1 if an option is wrong', async () => {
  const run = vi.fn();
  const before = process.exitCode;
  try {
    await runExample(example(run), ['--sheep', 'none']);
    expect(process.exitCode).toBe(1);
  } finally {
    process.exitCode = before;
  }
  expect(run).not.toHaveBeenCalled();
  expect(printed).toEqual(['--sheep must be a whole number >= 1, got none\n--help lists the options.']);
});

it('passes on what the example throws, and writes nothing', async () => {
  const fail = example(() => Promise.reject(new Error('the sheep are gone')));
  await expect(runExample(fail, ['--backend', 'cpu', '--out', folder])).rejects.toThrow('the sheep are gone');
  await expect(readFile(join(folder, 'index.html'))).rejects.toThrow('ENOENT');
});

it('leaves it to an example that returns nothing to write', async () => {
  await runExample(
    example(async () => undefined),
    ['--backend', 'cpu', '--out', folder],
  );
  expect(printed).toHaveLength(1);
});
