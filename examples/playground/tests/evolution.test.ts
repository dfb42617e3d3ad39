import { readFile } from 'node:fs/promises';
import { classArchive, directEncoding, MapElites } from '@cnnviz/genetic';
import { linearClassifier } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  drawingTurns,
  type EncodingName,
  type EvolutionOptions,
  type EvolutionReport,
  evolvePictures,
  type SavedEvolution,
} from '../src/worker/evolution.ts';
import { expectAccessible, expectNoSidewaysScrolling, openBrowser, openPage, reasonToSkip } from './open-page.ts';

/** Three classes, each for another third of 36 pixels. */
const network = {
  classify: linearClassifier(
    [0, 1, 2].map((label) => Array.from({ length: 36 }, (_, pixel) => (pixel % 3 === label ? 0.5 : -0.1))),
    [0, 0, 0],
  ),
  shape: [6, 6, 1] as const,
  bounds: [0, 1] as const,
  classes: ['zero', 'one', 'two'],
};

interface Watching {
  onProgress?: (report: EvolutionReport) => void | Promise<void>;
  isToPause?: () => boolean;
  signal?: AbortSignal;
}

const evolve = (
  options: EvolutionOptions,
  { onProgress = () => {}, isToPause = () => false, signal = new AbortController().signal }: Watching = {},
) => evolvePictures(network, options, { signal, onProgress, isToPause });
const throughFile = (saved: SavedEvolution) => JSON.parse(JSON.stringify(saved)) as SavedEvolution;

describe('the work of the chapter', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is MAP-Elites of the package, whose confidences it shows', async () => {
    const { saved, portraits, medians } = await evolve({ encoding: 'direct', seed: 1, generations: 2 });
    const encoding = directEncoding({ shape: [6, 6, 1] });
    // A state of fooling images remembers the bounds too.
    const archive = { ...classArchive({ classes: 3 }), settings: { bounds: [0, 1] } };
    const search = new MapElites({ encoding, archive, populationSize: 200, seed: 1 });
    for (let generation = 0; generation <= 2; generation++) {
      const probabilities = tf.tidy(() => tf.softmax(network.classify(encoding.render(search.ask()))));
      search.tell(await probabilities.data());
      probabilities.dispose();
      expect(medians[generation]).toBe(search.statistics().median);
    }
    expect(saved.state).toEqual(search.state());
    expect(portraits.map(({ confidence }) => confidence)).toEqual(search.elites.map(({ objective }) => objective));
    const { picture, name } = portraits[1]!;
    const brightness = [...search.elites[1]!.genome].map((gene) => Math.round(255 * gene));
    expect({ name, red: [...picture.data].filter((_, index) => index % 4 === 0) }).toEqual({
      name: 'one',
      red: brightness,
    });
  });

  it.each(['direct', 'cppn'] as const)('resumes from a file as if it had never been paused: %s', async (encoding) => {
    const tensors = tf.memory().numTensors;
    const unbroken = await evolve({ encoding, seed: 4, generations: 6 });
    let asks = 0;
    const paused = await evolve({ encoding, seed: 4, generations: 6 }, { isToPause: () => ++asks === 3 });
    expect(paused.stoppedBy).toBe('pause');
    expect(paused.generation).toBe(2);
    // What the form says now is not what the file is of.
    const resumed = await evolve({ encoding: 'cppn', seed: 9, generations: 6, saved: throughFile(paused.saved) });
    expect(resumed.saved).toEqual(unbroken.saved);
    expect(resumed.portraits).toEqual(unbroken.portraits);
    expect(resumed.stoppedBy).toBe(unbroken.stoppedBy);
    const another = await evolve({ encoding, seed: 5, generations: 6 });
    expect(another.saved.state).not.toEqual(unbroken.saved.state);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('shows a file without evolving it further', async () => {
    const { saved, portraits } = await evolve({ encoding: 'cppn', seed: 0, generations: 1 });
    const opened = await evolve({ encoding: 'direct', seed: 0, generations: 0, saved: throughFile(saved) });
    expect(opened).toMatchObject({ generation: 1, evaluations: 400, saved, portraits });
  });

  it('ends when it is stopped', async () => {
    const tensors = tf.memory().numTensors;
    const stopping = new AbortController();
    const stopped = evolve(
      { encoding: 'cppn', seed: 0, generations: 1000 },
      { signal: stopping.signal, onProgress: () => stopping.abort() },
    );
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('reports first what there is, then what changed', async () => {
    const classes: number[][] = [];
    const improved = new Map<number, number>();
    const { portraits } = await evolve(
      { encoding: 'direct', seed: 0, generations: 15 },
      {
        onProgress: async (report) => {
          classes.push(report.portraits.map((portrait) => portrait.class));
          for (const portrait of report.portraits) {
            expect(portrait.generation).toBeGreaterThan(improved.get(portrait.class) ?? -1);
            improved.set(portrait.class, portrait.generation);
          }
        },
      },
    );
    expect(classes[0]).toEqual([0, 1, 2]);
    expect(portraits).toHaveLength(3);
  });

  it('leaves four fifths of the time to evolution, however long drawing takes', () => {
    const turns = drawingTurns();
    expect(turns.isDue(0)).toBe(true);
    turns.took(0, 1000);
    expect([turns.isDue(4999), turns.isDue(5000)]).toEqual([false, true]);
    turns.took(5000, 5001);
    expect([turns.isDue(5100), turns.isDue(5101)]).toEqual([false, true]);
  });
});

describe.skipIf(reasonToSkip !== undefined)('the chapter', { timeout: 240_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  const press = (tab: Page, name: string) => tab.getByRole('button', { name, exact: true }).click();
  const fill = async (tab: Page, settings: { encoding: EncodingName; seed: number; generations: number }) => {
    await tab.getByLabel('Genomes are').selectOption(settings.encoding);
    await tab.getByLabel('Seed').fill(String(settings.seed));
    await tab.getByLabel('Last generation').fill(String(settings.generations));
  };
  const save = async (tab: Page) => {
    const [download] = await Promise.all([tab.waitForEvent('download'), press(tab, 'Save to a file')]);
    const text = await readFile(await download.path(), 'utf8');
    return { name: download.suggestedFilename(), text, saved: JSON.parse(text) as SavedEvolution };
  };
  const open = (tab: Page, text: string) =>
    tab
      .getByLabel('Open a saved file')
      .setInputFiles({ name: 'saved.json', mimeType: 'application/json', buffer: Buffer.from(text) });

  it('is paused, saved, opened in another page, and ends as if it had never been paused', async () => {
    const settings = { encoding: 'direct', seed: 3, generations: 40 } as const;
    const first = await openPage(browser, 'evolution', { acceptDownloads: true });
    await fill(first.tab, settings);
    await press(first.tab, 'Start');
    await first.tab.getByText('Generation 40 is reached').waitFor();
    const unbroken = await save(first.tab);
    expect(unbroken.name).toBe('evolution-direct-seed-3-generation-40.json');
    const labels = await first.tab.locator('.archive canvas').evaluateAll((all) => all.map((each) => each.ariaLabel));
    expect(labels).toHaveLength(10);
    labels.forEach((label, digit) => {
      expect(label).toMatch(new RegExp(`^A picture that the network takes for ${digit} with \\d+\\.\\d\\d\\s%$`));
    });
    expect(await first.tab.locator('.line-chart > svg').getAttribute('aria-label')).toMatch(
      /rises from .* in 40 generations/,
    );
    await expectNoSidewaysScrolling(first.tab);
    await expectAccessible(first.tab);

    await press(first.tab, 'Start');
    await press(first.tab, 'Pause');
    await first.tab.getByText('Paused after generation').waitFor();
    const paused = await save(first.tab);
    expect(paused.saved.state.generation).toBeLessThan(40);
    expect(first.complaints).toEqual([]);
    await first.close();

    const second = await openPage(browser, 'evolution', { acceptDownloads: true });
    await open(second.tab, paused.text);
    await second.tab.getByText('Opened: evolution is at generation').waitFor();
    expect(await second.tab.getByLabel('Genomes are').inputValue()).toBe('direct');
    expect(await second.tab.getByLabel('Seed').inputValue()).toBe('3');
    await second.tab.getByLabel('Last generation').fill('40');
    await press(second.tab, 'Resume');
    await second.tab.getByText('Generation 40 is reached').waitFor();
    expect((await save(second.tab)).saved).toEqual(unbroken.saved);
    expect(second.complaints).toEqual([]);
    await second.close();
  });

  it('says in words what is wrong with a file, and keeps what there was', async () => {
    const { tab, complaints, close } = await openPage(browser, 'evolution', { acceptDownloads: true });
    await fill(tab, { encoding: 'cppn', seed: 0, generations: 1 });
    await press(tab, 'Start');
    await tab.getByText('Generation 1 is reached').waitFor();
    const { text, saved } = await save(tab);
    const alert = tab.locator('.evolution [role=alert]').filter({ hasText: /./ });

    await open(tab, text.slice(0, -20));
    await alert.filter({ hasText: 'saved.json is not a saved evolution: it is not JSON.' }).waitFor();
    await open(tab, '[1, 2, 3]');
    await alert.filter({ hasText: 'does not say whether its genomes are pixels or CPPNs' }).waitFor();
    await open(
      tab,
      JSON.stringify({ ...saved, state: { ...saved.state, cells: [{ cell: 99, objective: 1, ancestors: [] }] } }),
    );
    await alert.filter({ hasText: 'cannot resume from this state: cell 99 is not in the archive' }).waitFor();
    expect((await save(tab)).text).toBe(text);
    expect(complaints).toEqual([]);
    await close();
  });

  it('is worked by keyboard, stopped, and begun again', async () => {
    const { tab, complaints, close } = await openPage(browser, 'evolution');
    const focused = () => tab.evaluate(() => document.activeElement?.textContent?.trim());
    await tab.getByLabel('Genomes are').focus();
    await tab.keyboard.press('ArrowDown');
    expect(await tab.getByLabel('Genomes are').inputValue()).toBe('direct');
    for (const number of ['5', '1000']) {
      await tab.keyboard.press('Tab');
      await tab.keyboard.press('ControlOrMeta+a');
      await tab.keyboard.type(number);
    }
    await tab.keyboard.press('Tab');
    expect(await focused()).toBe('Start');
    await tab.keyboard.press('Enter');
    expect(await focused()).toBe('Stop');
    await tab.locator('.archive canvas').first().waitFor();
    await tab.keyboard.press('Tab');
    expect(await focused()).toBe('Pause');
    await tab.keyboard.press('Enter');
    await tab.getByText('Paused after generation').waitFor();
    expect(await focused()).toBe('Resume');
    await tab.keyboard.press('Enter');
    await tab.getByText('Running.').waitFor();
    expect(await focused()).toBe('Pause');
    await tab.keyboard.press('Shift+Tab');
    await tab.keyboard.press('Enter');
    await tab.getByText('Stopped.').waitFor();
    expect(await focused()).toBe('Start');
    expect(await tab.getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true);
    expect(await tab.locator('.archive canvas').count()).toBe(10);
    expect(complaints).toEqual([]);
    await close();
  });

  it('leaves as many tensors as there were, ten times', async () => {
    const { tab, complaints, countTensors, close } = await openPage(browser, 'evolution');
    await fill(tab, { encoding: 'cppn', seed: 0, generations: 2 });
    const round = async () => {
      await press(tab, 'Start');
      await tab.getByText('Generation 2 is reached').waitFor();
      await tab.getByLabel('Last generation').fill('1000');
      await press(tab, 'Resume');
      await press(tab, 'Stop');
      await tab.getByText('Stopped.').waitFor();
      await tab.getByLabel('Last generation').fill('2');
    };
    await round();
    const before = await countTensors();
    for (let rounds = 0; rounds < 10; rounds++) await round();
    expect(await countTensors()).toBe(before);
    expect(complaints).toEqual([]);
    await close();
  });
});
