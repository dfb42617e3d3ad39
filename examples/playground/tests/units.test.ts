import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { conceptScenes, parseTallyCsv, tallyCsv, tallyRecords, uniqueDetectors } from '@cnnviz/dissect';
import { dissectScenes, loadSceneNetwork } from '@cnnviz/example-dissect-training';
import { loadModel } from '@cnnviz/models';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digitOfPackage, samplePositions } from '../sample-digits.ts';
import {
  expectAccessible,
  expectNoSidewaysScrolling,
  type OpenedPage,
  openBrowser,
  openPage,
  reasonToSkip,
} from './open-page.ts';

describe.skipIf(reasonToSkip !== undefined)('the chapter', { timeout: 240_000 }, () => {
  useBackend('wasm');
  let browser: Browser;
  let page: OpenedPage;
  beforeAll(async () => {
    browser = await openBrowser();
    page = await openPage(browser, 'units', { acceptDownloads: true });
  });
  afterAll(() => browser?.close());

  const press = (tab: Page, name: string) => tab.getByRole('button', { name, exact: true }).click();
  const start = (tab: Page) => press(tab, 'Dissect the layer');
  const download = async (tab: Page, name: string) => {
    const [file] = await Promise.all([tab.waitForEvent('download'), tab.getByRole('link', { name }).click()]);
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  };
  /** Levels of red, row by row. */
  const levelsOf = async (tab: Page, name: RegExp) =>
    tab.getByRole('img', { name }).evaluate((canvas: HTMLCanvasElement) => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })!;
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      return { width: canvas.width, levels: [...data].filter((_, place) => place % 4 === 0) };
    });
  /** Of `count` tiles of `size` x `size`, five in a row with a line between. */
  const tilesOf = ({ width, levels }: { width: number; levels: number[] }, count: number, size: number) => {
    expect(width).toBe(5 * (size + 1) + 1);
    return Array.from({ length: count * size * size }, (_, place) => {
      const [tile, pixel] = [Math.floor(place / size ** 2), place % size ** 2];
      const y = 1 + Math.floor(tile / 5) * (size + 1) + Math.floor(pixel / size);
      return levels[y * width + 1 + (tile % 5) * (size + 1) + (pixel % size)]!;
    });
  };
  /** Mid gray is zero, black and white are the largest in size. */
  const centered = (values: readonly number[]) => {
    const largest = Math.max(...values.map(Math.abs));
    return values.map((value) => 127.5 + (127.5 * value) / largest);
  };
  const expectLevels = (shown: readonly number[], expected: readonly number[]) => {
    expect(shown).toHaveLength(expected.length);
    expect(Math.max(...shown.map((level, place) => Math.abs(level - expected[place]!)))).toBeLessThanOrEqual(1);
  };

  it('shows the filters of the first layer, and what they make of a digit', async () => {
    const { tab } = page;
    await press(tab, '7, second');
    await tab.getByRole('heading', { name: 'fc1' }).waitFor();
    const digits = await loadModel(fileURLToPath(new URL('../network', import.meta.url)));
    const [kernel, bias] = (digits.topology as tfl.LayersModel).getLayer('conv1').getWeights();
    const digit = await digitOfPackage(7, samplePositions[7]![1]);
    const { filters, answers } = tf.tidy(() => {
      const image = tf.div(tf.tensor4d(digit, [1, 28, 28, 1]), 255) as tf.Tensor4D;
      const answer = tf.add(tf.conv2d(image, kernel as tf.Tensor4D, 1, 'valid'), bias!);
      return { filters: tf.transpose(kernel!, [3, 0, 1, 2]), answers: tf.transpose(answer, [3, 1, 2, 0]) };
    });
    const shownFilters = await levelsOf(tab, /^The 10 filters of the first layer; 2 rows of 5$/);
    expectLevels(tilesOf(shownFilters, 10, 5), centered([...(await filters.data())]));
    const shownAnswers = await levelsOf(tab, /^Layer conv1 on your digit/);
    expectLevels(tilesOf(shownAnswers, 10, 24), centered([...(await answers.data())]));

    await tab
      .getByLabel('Brightness')
      .selectOption({ label: 'one scale per unit: black is its minimum, white its maximum' });
    const each = [...(await answers.data())].map((value, place, all) => {
      const start = 576 * Math.floor(place / 576);
      const own = all.slice(start, start + 576);
      return (255 * (value - Math.min(...own))) / (Math.max(...own) - Math.min(...own));
    });
    const shown = async () => tilesOf(await levelsOf(tab, /^Layer conv1 on your digit/), 10, 24);
    await expect
      .poll(async () => Math.max(...(await shown()).map((level, at) => Math.abs(level - each[at]!))))
      .toBeLessThan(2);
    expect(await tab.locator('.answers h4').allTextContents()).toEqual(['conv1', 'pool1', 'conv2', 'pool2', 'fc1']);
    await press(tab, 'Clear');
    await tab.locator('.answers').getByText('Nothing is drawn yet.').waitFor();
    tf.dispose([filters, answers]);
    digits.dispose();
  });

  it('dissects as the package does by itself, and shows its report in the page', async () => {
    const { tab } = page;
    await tab.getByLabel('Scenes', { exact: true }).fill('30');
    await tab.getByLabel('Seed').fill('4');
    await start(tab);
    await tab.getByRole('heading', { name: 'The report' }).waitFor();

    const network = await loadSceneNetwork();
    const scenes = conceptScenes({ seed: 4 + 2, count: 30, size: 32 });
    const dissection = (await dissectScenes(network, { scenes })).find(({ layer }) => layer === 'conv4')!;
    network.dispose();
    const csv = await download(tab, 'All units as CSV, with NetDissect’s columns');
    expect(csv).toEqual({ name: 'conv4-30-scenes.csv', text: tallyCsv(dissection) });
    expect(parseTallyCsv(csv.text).units).toHaveLength(64);
    const json = await download(tab, 'All units as JSON');
    expect(JSON.parse(json.text)).toEqual(tallyRecords(dissection));
    const { detectors, uniqueBestLabels } = uniqueDetectors(dissection.units);
    await tab.getByText(`${detectors} of 64 units detect something.`).waitFor();
    const facts = await tab.locator('.facts dd').allTextContents();
    expect(facts.slice(0, 3)).toEqual(['64', `${detectors}`, `${uniqueBestLabels}`]);
    expect(Number(facts[3])).toBeLessThanOrEqual(64);
    const best = [...dissection.units].sort((a, b) => b.best!.iou - a.best!.iou || a.unit - b.unit)[0]!;
    const first = await tab.getByRole('row').nth(1).locator('th, td').allTextContents();
    const { name, category } = best.best!.concept;
    expect(first).toEqual([`${best.unit}`, name, category, best.best!.iou.toFixed(3)]);

    const report = tab.frameLocator('iframe');
    await report.getByRole('heading', { name: 'Units of conv4' }).waitFor();
    const unitOfFirstRow = () => report.locator('table.units tbody tr').first().locator('th, td').first().textContent();
    expect(await unitOfFirstRow()).toBe(`${best.unit}`);
    await report.getByRole('button', { name: 'Unit', exact: true }).click();
    expect(await unitOfFirstRow()).toBe('0');
    expect(await report.locator('body').evaluate(() => window.origin)).toBe('null');
    await report.getByRole('link', { name: 'conv4' }).first().click();
    await report.getByRole('heading', { name: 'Units of conv4' }).waitFor();
    expect(new URL(tab.url()).hash).toBe('#units');
    await expectNoSidewaysScrolling(tab);
    await expectAccessible(tab);
    expect(page.complaints).toEqual([]);
  });

  it('is worked by keyboard, and stopped', async () => {
    const { tab } = page;
    const focused = () => tab.evaluate(() => document.activeElement?.textContent?.trim());
    await tab.getByLabel('Layer', { exact: true }).focus();
    await tab.keyboard.press('Home');
    expect(await tab.getByLabel('Layer', { exact: true }).inputValue()).toBe('conv1');
    for (const number of ['100000', '0']) {
      await tab.keyboard.press('Tab');
      await tab.keyboard.press('ControlOrMeta+a');
      await tab.keyboard.type(number);
    }
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('Space');
    expect(await tab.getByLabel(/chance/).isChecked()).toBe(false);
    await tab.keyboard.press('Tab');
    expect(await focused()).toBe('Dissect the layer');
    await tab.keyboard.press('Enter');
    expect(await focused()).toBe('Stop');
    await tab.getByText(/^scene \d+ of 100000: how active each unit is$/).waitFor();
    await tab.keyboard.press('Enter');
    await tab.getByText('Stopped.').waitFor();
    expect(await focused()).toBe('Dissect the layer');
    expect(page.complaints).toEqual([]);
  });

  it('keeps no tensor over ten rounds, and says in words what cannot be', async () => {
    const { tab, countTensors } = page;
    const counts: number[] = [];
    await tab.getByLabel('Scenes', { exact: true }).fill('4');
    for (let round = 0; round < 10; round++) {
      await press(tab, `${round}, first`);
      await tab.getByRole('heading', { name: 'fc1' }).waitFor();
      await start(tab);
      await tab.getByText(/of 16 units detect something/).waitFor();
      counts.push(await countTensors());
      await press(tab, 'Clear');
    }
    expect(counts).toEqual(Array(10).fill(counts[0]));
    await tab.getByLabel('Scenes', { exact: true }).fill('-1');
    await start(tab);
    await tab.getByText('count must be').waitFor();
    expect(await countTensors()).toBe(counts[0]);
    expect(page.complaints).toEqual([]);
  });
});
