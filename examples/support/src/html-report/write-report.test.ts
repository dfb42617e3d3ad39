import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@cnnviz/testing';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Chapter, pngPicture } from './chapter.ts';
import { type Report, renderReport } from './render-report.ts';
import { writeReport } from './write-report.ts';

beforeAll(() => tf.setBackend('cpu'));

async function report(chapter: Partial<Chapter> = {}): Promise<Report> {
  const pixels = tf.tensor3d([0, 1, 0.2, 0.4], [2, 2, 1]);
  const picture = await pngPicture(pixels, { name: 'four-pixels', alt: 'Four <pixels> & "quotes"', factor: 3 });
  pixels.dispose();
  return {
    title: 'A & B',
    intro: ['Script: <script>alert(1)</script>'],
    facts: [{ label: 'accuracy', value: '97 % < 98 %' }],
    chapters: [
      {
        id: 'first',
        title: 'First <chapter>',
        intro: ['One.', 'Two.'],
        figures: [
          {
            kind: 'pictures',
            caption: 'Pixels',
            rows: [{ heading: 'Row <1>', cells: [{ picture, label: 'before', note: '7 at 99 %' }] }],
          },
          {
            kind: 'chart',
            caption: 'Chart',
            alt: 'Rises from "0" to 1',
            spec: {
              data: { values: [{ x: 0 }, { x: 1 }] },
              mark: 'point',
              encoding: { x: { field: 'x', type: 'quantitative' } },
            },
          },
          { kind: 'table', caption: 'Numbers', columns: ['digit', 'count'], rows: [['<0>', 12]] },
        ],
        ...chapter,
      },
    ],
  };
}

describe('renderReport', () => {
  it('makes links of words with an address, and of nothing else', async () => {
    const page = await renderReport(
      await report({ intro: ['See [A & B](https://doi.org/1?a&b), [x](javascript:alert(1)) and [y].'] }),
    );
    expect(page).toContain(
      '<p>See <a href="https://doi.org/1?a&amp;b">A &amp; B</a>, [x](javascript:alert(1)) and [y].</p>',
    );
    expect(page.match(/<a href="(?!#)/g)).toHaveLength(1);
  });

  it('escapes every text it is given', async () => {
    const page = await renderReport(await report());
    expect(page).not.toContain('<script>');
    expect(page).toContain('&lt;script&gt;');
    for (const raw of ['First <chapter>', 'Row <1>', '<0>', 'Four <pixels>', '97 % < 98', '"quotes"', 'from "0"']) {
      expect(page).not.toContain(raw);
    }
    expect(page).toContain('<title>A &amp; B</title>');
    expect(page).toContain('alt="Four &lt;pixels&gt; &amp; &quot;quotes&quot;"');
  });

  it('leads from the list of chapters to each', async () => {
    const page = await renderReport(await report());
    expect(page).toContain('<a href="#first">First &lt;chapter&gt;</a>');
    expect(page).toContain('<section id="first" aria-labelledby="first-title">');
  });

  it('names charts for those who do not see them, and scrolls tables by keyboard', async () => {
    const page = await renderReport(await report());
    expect(page).toContain('<div role="img" aria-label="Rises from &quot;0&quot; to 1"><svg');
    expect(page).toContain('<figure class="table" role="region" aria-label="Numbers" tabindex="0">');
  });

  it.each([
    ['a chapter', { id: 'no spaces' }, 'the name of a chapter must be letters, digits and hyphens, got "no spaces"'],
    ['a chapter', { id: '../up' }, 'got "../up"'],
  ])('rejects a bad name of %s', async (_, chapter, message) => {
    const rendering = renderReport(await report(chapter));
    await expect(rendering).rejects.toThrow(RangeError);
    await expect(renderReport(await report(chapter))).rejects.toThrow(message);
  });

  it('rejects two pictures of one name', async () => {
    const one = await report();
    const two = await report({ id: 'second' });
    const both = { ...one, chapters: [...one.chapters, ...two.chapters] };
    await expect(renderReport(both)).rejects.toThrow('the names of pictures must differ, got four-pixels twice');
  });
});

describe('writeReport', () => {
  it('writes the page and the same pictures beside it', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'report-'));
    try {
      const folder = join(parent, 'deep', 'report');
      const path = await writeReport(folder, await report());
      expect(path).toBe(join(folder, 'index.html'));
      expect((await readdir(folder)).sort()).toEqual(['four-pixels.png', 'index.html']);
      const page = await readFile(path, 'utf8');
      const png = await readFile(join(folder, 'four-pixels.png'));
      expect(page).toContain(`src="data:image/png;base64,${png.toString('base64')}" width="6" height="6"`);
      const { width, height, channels, data } = decode(png);
      expect([width, height, channels]).toEqual([6, 6, 1]);
      expect([data[0], data[2], data[3], data[5], data[18], data[35]]).toEqual([0, 0, 255, 255, 51, 102]);
    } finally {
      await rm(parent, { recursive: true });
    }
  });
});

describe('pngPicture', () => {
  it('keeps no tensor', async () => {
    const picture = tf.zeros<tf.Rank.R3>([2, 2, 3]);
    const before = tf.memory().numTensors;
    await pngPicture(picture, { name: 'black', alt: 'Black' });
    expect(tf.memory().numTensors).toBe(before);
    picture.dispose();
  });
});
