import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workspaceRoot } from '@cnnviz/example-support';
import { describe, expect, it } from 'vitest';
import { experiments } from './experiments.ts';
import { papers } from './papers.ts';
import { reproductionPage } from './reproduction-page.ts';

const [first, second] = experiments;
const results = {
  claims: [
    { claim: 'a | b', source: 'paper', theirs: '1', ours: '2', on: 'net', seeds: 3, agrees: 'no' as const },
    {
      claim: 'c',
      source: 'lecture; Zhang et al. 2017, table 1',
      theirs: '1',
      ours: '1',
      on: 'net',
      seeds: 3,
      agrees: 'yes' as const,
    },
  ],
  backend: 'wasm (2 threads)',
  seconds: 12,
  memory: { resident: 4e8, wasmHeap: 6e7 },
  commit: 'abc',
  node: '20.19.0',
  tfjs: '4.22.0',
};

describe('reproductionPage', () => {
  const page = reproductionPage([
    { experiment: first!, options: ['--quick'], results },
    { experiment: second!, options: [], results: undefined },
  ]);

  it('counts what agrees, and keeps what does not', () => {
    expect(page).toContain(
      `| [${first!.title}](#${first!.title.toLowerCase()}) | 1 | 0 | 1 | 400 MB, 60 MB of it the wasm heap | 12 s |`,
    );
    expect(page).toContain('| a \\| b | paper | 1 | 2 | net | 3 | **no** |');
    const linked = 'lecture; [Zhang et al. 2017](https://arxiv.org/abs/1611.03530), table 1';
    expect(page).toContain(`| c | ${linked} | 1 | 1 | net | 3 | yes |`);
  });

  it('says how each was run, with what, and what was not run', () => {
    expect(page).toContain(`@cnnviz/example-${first!.name} start --quick`);
    expect(page).toContain('12 s on wasm (2 threads), Node 20.19.0, TensorFlow.js 4.22.0, commit abc');
    expect(page).toContain(`| ${second!.title} |  |  |  |  | not run |`);
    expect(page).not.toContain(`## ${second!.title}`);
  });
});

it('links each paper that the page names', async () => {
  const page = await readFile(join(workspaceRoot(), 'docs/reproduction.md'), 'utf8');
  const named = page.match(/[a-z]\.? (?:19|20)\d\d\b(?!\])/g);
  expect(named).toBeNull();
  for (const link of Object.values(papers)) expect(page).toContain(link);
});
