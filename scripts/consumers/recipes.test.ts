import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './pack.ts';
import { recipeOf } from './recipes.ts';

const fence = '```';
const markdown = `# Title

## One

${fence}js
// src/a.js
a();
${fence}

${fence}sh
build
serve
${fence}

## Two

${fence}html
<!-- index.html -->
<p>
${fence}

## Three

${fence}js
nameless();
${fence}
`;

describe('recipeOf', () => {
  it('gives the files and the commands of a section', () => {
    expect(recipeOf(markdown, 'One')).toEqual({ files: { 'src/a.js': 'a();\n' }, commands: ['build\nserve\n'] });
    expect(recipeOf(markdown, 'Two')).toEqual({ files: { 'index.html': '<p>\n' }, commands: [] });
  });

  it('misses no section and no name of a file', () => {
    expect(() => recipeOf(markdown, 'On')).toThrow('there is no section "On"');
    expect(() => recipeOf(markdown, 'Three')).toThrow('a block of "Three" does not name its file');
  });

  it('reads every recipe of docs/bundlers.md', async () => {
    const text = await readFile(join(root, 'docs/bundlers.md'), 'utf8');
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!).slice(1);
    for (const heading of headings) {
      const { files, commands } = recipeOf(text, heading);
      expect(Object.keys(files).length + commands.length, heading).toBeGreaterThan(1);
    }
  });
});
