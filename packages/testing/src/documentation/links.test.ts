import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { markdownFiles } from './find-examples.ts';

const root = resolve(import.meta.dirname, '../../../..');

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function anchorsOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));
}

/** Relative links of a Markdown file that lead to no file, or to no heading of it. */
function brokenLinks(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? join(root, file) : join(root, dirname(file), path);
      if (!existsSync(target)) return true;
      if (anchor === undefined) return false;
      const page = target.endsWith('.md') ? target : join(target, 'README.md');
      return !existsSync(page) || !anchorsOf(readFileSync(page, 'utf8')).includes(anchor);
    })
    .map((link) => `${file}: ${link}`);
}

test('each link between pages leads somewhere', () => {
  const files = markdownFiles(root);
  expect(files.length).toBeGreaterThan(30);
  expect(files.flatMap(brokenLinks)).toEqual([]);
});
