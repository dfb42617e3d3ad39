import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAGES } from './demo.ts';
import { percent } from './percent.ts';
import { type WrittenDemo, writeSmallDemo } from './write-small-demo.ts';

const TEST_IMAGES = 60;

let demo: WrittenDemo;
let folder: string;
let page: string;

beforeAll(async () => {
  demo = await writeSmallDemo({
    trainImages: 1600,
    testImages: TEST_IMAGES,
    epochs: 2,
    foolingSteps: 300,
    memorizingEpochs: 3,
    evolutionGenerations: 4,
    dissectedScenes: 60,
    generatorImages: 600,
    generatorEpochs: 2,
  });
  ({ folder, page } = demo);
}, 180_000);
afterAll(() => rm(folder, { recursive: true }));

describe('runDemo', () => {
  it('writes one page with a chapter for each question', () => {
    expect(demo.result.page).toBe(join(folder, 'index.html'));
    expect([...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id)).toEqual([
      'learning',
      'filters',
      'perturbation',
      'fooling',
      'evolution',
      'evolution-direct',
      'evolution-cppn',
      'maximization',
      'memorization',
      'critical-samples',
      'units',
    ]);
    for (const id of [
      'learning',
      'filters',
      'perturbation',
      'fooling',
      'maximization',
      'memorization',
      'critical-samples',
      'units',
    ])
      expect(page).toContain(`<a href="#${id}">`);
    expect(demo.stages).toHaveLength(STAGES);
  });

  it('learns, even from 1,600 digits, and says how well', () => {
    expect(demo.result.testAccuracy).toBeGreaterThan(0.7);
    expect(page).toContain(`<dt>test accuracy</dt><dd>${percent(demo.result.testAccuracy)}</dd>`);
    const misread = Math.round((1 - demo.result.testAccuracy) * TEST_IMAGES);
    expect(page).toMatch(new RegExp(`The first \\d of the ${misread} test digits that it misreads`));
  });

  it('needs no network', () => {
    // Links to papers are followed by readers alone.
    const loaded = page.replaceAll(/<a href="https:[^"]*"/g, '<a');
    const addresses = [...loaded.matchAll(/\b(?:src|href|xlink:href|action)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.length).toBeGreaterThan(20);
    expect(addresses.filter((address) => !/^(#|data:)/.test(address ?? ''))).toEqual([]);
    expect(page).not.toMatch(/url\(|@import|<script/);
  });

  it('describes every picture and chart in words of its own', () => {
    const images = [...page.matchAll(/<img [^>]*>/g)].map(([tag]) => tag);
    const alts = images.map((tag) => /alt="([^"]+)"/.exec(tag)?.[1]);
    expect(alts).not.toContain(undefined);
    const named = alts.filter((alt) =>
      /perturbation|noise|filters|reads|generation|unit|wants to see/i.test(alt ?? ''),
    );
    expect(named).toHaveLength(alts.length);
    expect(page.match(/<svg/g)).toHaveLength(10);
    expect(page.match(/<div role="img" aria-label="[^"]{50,}"><svg/g)).toHaveLength(10);
  });

  it('shows three digits before and after, and the perturbation between', () => {
    expect(page.match(/<span class="label">before<\/span>/g)).toHaveLength(3);
    expect(page.match(/<span class="label">perturbation × 5<\/span>/g)).toHaveLength(3);
    expect(page.match(/<span class="label">after<\/span>/g)).toHaveLength(3);
  });

  it('shows the perturbation that leads from one digit to the other, amplified as much as it says', async () => {
    const pictures = await readdir(folder);
    const perturbations = pictures.filter((name) => name.endsWith('-perturbation.png'));
    expect(perturbations).toHaveLength(3);
    for (const name of perturbations) {
      const levels = async (which: string) =>
        decode(await readFile(join(folder, name.replace('perturbation', which)))).data;
      const [before, perturbation, after] = await Promise.all(['before', 'perturbation', 'after'].map(levels));
      let largest = 0;
      let worst = 0;
      for (const [pixel, level] of perturbation!.entries()) {
        const change = after![pixel]! - before![pixel]!;
        largest = Math.max(largest, Math.abs(change));
        worst = Math.max(worst, Math.abs(level - (127.5 + 5 * change)));
      }
      // Each of the three was rounded to a level: 5 times 1 of the two digits, and its own.
      expect(worst).toBeLessThanOrEqual(6);
      expect(largest).toBeLessThanOrEqual(26);
      expect(largest).toBeGreaterThanOrEqual(25);
    }
  });

  it('shows noise for each of the ten digits with the confidence that it has', () => {
    const fooling = page.slice(page.indexOf('<section id="fooling"'));
    const alts = [...fooling.matchAll(/alt="Noise that the network reads as (\d) at ([\d.]+) %"/g)];
    expect(alts.map(([, digit]) => Number(digit))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [, , confidence] of alts) expect(Number(confidence)).toBeGreaterThan(99);
  });

  it('draws what it wants to see for each digit in three ways, which all excite it, and says what a judge reads', () => {
    const chapter = page.slice(page.indexOf('<section id="maximization"'), page.indexOf('<section id="memorization"'));
    const alts = [
      ...chapter.matchAll(/alt="What the network wants to see for (\d), ([^;]+); another network reads (\d)"/g),
    ];
    expect(alts.map(([, digit]) => Number(digit))).toEqual([0, 1, 2].flatMap(() => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(new Set(alts.map(([, , method]) => method)).size).toBe(3);
    const rows = [...chapter.matchAll(/<td[^>]*>20<\/td>.*?([\d.]+) %.*?<td[^>]*>([\d.]+)<\/td>/gs)];
    expect(rows).toHaveLength(3);
    for (const [, recognized, activation] of rows) {
      // By chance a tenth would be.
      expect(Number(recognized)).toBeGreaterThan(20);
      // The generator has learned little from 600 digits; the other two exceed 0.8.
      expect(Number(activation)).toBeGreaterThan(0.3);
    }
  });

  it('writes every picture as a file too', async () => {
    const files = (await readdir(folder)).filter((name) => name.endsWith('.png'));
    expect(files).toHaveLength(page.match(/<img /g)?.length ?? 0);
  });

  it('keeps no tensor', () => {
    expect(demo.leaked).toBe(0);
  });
});
