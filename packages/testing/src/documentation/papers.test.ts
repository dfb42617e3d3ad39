import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const packages = resolve(import.meta.dirname, '../../..');

/** Of files in the packages, by their path, such as `actmax/README.md`. */
function textsOf(matches: (path: string) => boolean): { path: string; text: string }[] {
  const folders = readdirSync(packages).flatMap((name) => [
    join(name, 'README.md'),
    ...readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(name, 'src', file),
    ),
  ]);
  return folders.filter(matches).map((path) => ({ path, text: readFileSync(join(packages, path), 'utf8') }));
}

/** In print only, or nowhere for good. */
const withoutLink = [
  'Efficiently sampling vectors and coordinates from the n-sphere and n-ball',
  'Visualizing Higher-Layer Features of a Deep Network',
  'Matrix Computations',
  'Reducing bias and inefficiency in the selection algorithm',
  'Adaptive selection methods for genetic algorithms',
  'A combined genetic adaptive search (GeneAS) for engineering design',
  'Uniform crossover in genetic algorithms',
  'Genetic Algorithms in Search, Optimization, and Machine Learning',
  'An algorithm for computing the inverse normal cumulative distribution function',
  'Portable Network Graphics (PNG) Specification (Third Edition)',
  'Exchangeable image file format for digital still cameras: Exif Version 2.32',
];

/** Each `@see` of a docstring on one line. */
function seesOf(source: string): string[] {
  return [...source.matchAll(/^ *\* @see [\s\S]*?(?=^ *\*(?: @|\/| *$))/gm)].map(([block]) =>
    block.replaceAll(/\s*\n *\* */g, ' ').trim(),
  );
}

test('each paper that a docstring cites has a link', () => {
  const unlinked = textsOf((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap(({ path, text }) => seesOf(text).map((see) => `${path}: ${see}`))
    .filter((see) => /"[^"]{10,}"/.test(see) && !see.includes('https://'))
    .filter((see) => !withoutLink.some((title) => see.includes(`"${title}"`)));
  expect(unlinked).toEqual([]);
});

test('the references of each README have links', () => {
  const references = textsOf((path) => path.endsWith('README.md')).flatMap(({ text }) => {
    const [, list = ''] = text.split('## References\n');
    return list.split(/^- /m).slice(1);
  });
  expect(references.length).toBeGreaterThan(40);
  const unlinked = references.filter((line) => !line.includes('](https://'));
  expect(
    unlinked.filter((line) => !withoutLink.some((title) => line.toLowerCase().includes(title.toLowerCase()))),
  ).toEqual([]);
});
