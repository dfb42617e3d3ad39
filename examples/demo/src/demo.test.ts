import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAGES } from './demo.ts';
import { type WrittenDemo, writeSmallDemo } from './write-small-demo.ts';

let demo: WrittenDemo;
let folder: string;
let page: string;

beforeAll(async () => {
  demo = await writeSmallDemo({
    trainImages: 800,
    testImages: 40,
    epochs: 1,
    foolingIterations: 5,
    memorizingEpochs: 1,
    evolutionGenerations: 1,
    dissectedScenes: 8,
    generatorImages: 50,
    generatorEpochs: 1,
    ascentSteps: 2,
    criticalSamples: { epochs: 2, every: 1 },
  });
  ({ folder, page } = demo);
}, 180_000);
afterAll(() => rm(folder, { recursive: true }));

describe('runDemo, with little of everything', () => {
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

  it('writes every picture as a file too', async () => {
    const files = (await readdir(folder)).filter((name) => name.endsWith('.png'));
    expect(files).toHaveLength(page.match(/<img /g)?.length ?? 0);
  });

  it('keeps no tensor', () => {
    expect(demo.leaked).toBe(0);
  });
});
