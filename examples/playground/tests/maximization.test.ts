import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dgnAm, fourier, logit, maximizeActivation, pixels, robustness } from '@cnnviz/actmax';
import { imageBatches, initializeKernels, mnist, multilayerPerceptron } from '@cnnviz/example-support';
import { loadModel, saveModel } from '@cnnviz/models';
import { linearClassifier, linearClosedForm, useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digitOfPackage } from '../sample-digits.ts';
import { hiddenUnits } from '../src/worker/hidden-units.ts';
import { type GeneratorFile, generatorOf } from '../src/worker/learned-generator.ts';
import { type MaximizationProgress, maximizeSideBySide, momentsOf, type Subject } from '../src/worker/maximization.ts';
import { expectAccessible, expectNoSidewaysScrolling, openBrowser, openPage, reasonToSkip } from './open-page.ts';

const folderOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

describe('the work of the chapter', () => {
  useBackend('cpu');

  /** Two classes on 8 x 8 pixels: the first is for the left half, the second for every third pixel. */
  const weights = [
    Array.from({ length: 64 }, (_, pixel) => (pixel % 8 < 4 ? 0.25 : -0.5)),
    Array.from({ length: 64 }, (_, pixel) => (pixel % 3 === 0 ? 0.5 : -0.125)),
  ];
  const bias = [0.5, -1];
  const classify = linearClassifier(weights, bias);
  /** Two numbers, for the brightness of the left and of the right half. */
  const generate = (codes: tf.Tensor2D) =>
    tf.tidy(() => {
      const halves = tf.reshape(codes, [-1, 1, 2, 1]) as tf.Tensor4D;
      return tf.image.resizeNearestNeighbor(tf.clipByValue(halves, 0, 1) as tf.Tensor4D, [8, 8]);
    });
  const codeBounds = { lower: [0, 0], upper: [1, 1] };
  const subject: Subject = {
    classify,
    classes: ['left', 'thirds'],
    shape: [8, 8, 1],
    bounds: [0, 1],
    units: classify,
    index: 1,
    isClass: true,
    largest: 4,
    generator: { generate, codeBounds },
    judge: linearClassifier([...weights].reverse(), bias),
  };
  const withoutGenerator = ({ generator: _, ...rest }: Subject): Subject => rest;
  const maximize = (
    of: Subject,
    options: { seed: number; steps: number },
    onProgress: (progress: MaximizationProgress) => void = () => {},
    signal = new AbortController().signal,
  ) => maximizeSideBySide(of, options, { signal, onProgress });

  it('makes each pixel what the weights of a linear network want', async () => {
    const { drawn } = await maximize(withoutGenerator(subject), { seed: 0, steps: 20 });
    const best = weights[1]!.map((weight) => (weight > 0 ? 1 : 0));
    const { picture, activation, relative, reading, judged } = drawn[0]!;
    expect([...picture.data].filter((_, place) => place % 4 === 0)).toEqual(best.map((value) => 255 * value));
    const closed = linearClosedForm(weights, bias);
    expect(activation).toBeCloseTo(closed.logits(best)[1]!, 5);
    expect(relative).toBeCloseTo(closed.logits(best)[1]! / 4, 5);
    const ofWanted = closed.probabilities(best)[1]!;
    expect(reading.name).toBe('thirds');
    expect(reading.probability).toBeCloseTo(ofWanted, 5);
    expect(reading.ofWanted).toBeCloseTo(ofWanted, 5);
    const byJudge = linearClosedForm([...weights].reverse(), bias).probabilities(best);
    expect(judged!.name).toBe('left');
    expect(judged!.probability).toBeCloseTo(byJudge[0]!, 5);
    expect(judged!.ofWanted).toBeCloseTo(byJudge[1]!, 5);
  });

  it('takes with each method the steps that the package takes with it alone', async () => {
    const [seed, steps] = [3, 6];
    const tensors = tf.memory().numTensors;
    const { drawn } = await maximize(subject, { seed, steps });
    const alone = {
      pixels: { parameterization: pixels({ shape: [8, 8, 1], bounds: [0, 1] }), steps },
      fourier: {
        parameterization: fourier({ shape: [8, 8, 1], bounds: [0, 1] }),
        transforms: robustness({ pad: 2, jitter: [2, 1] }),
        steps,
      },
      generator: dgnAm(generate, { codeBounds, range: [0, 1], bounds: [0, 1], steps, initialStep: 0.1 }),
    };
    expect(drawn.map(({ method }) => method)).toEqual(Object.keys(alone));
    for (const { method, activation, picture } of drawn) {
      const found = await maximizeActivation({ ...alone[method], objective: logit(classify, [1]), seed });
      expect(activation).toBeCloseTo(found.activations[0]!, 5);
      const levels = [...(await found.images.data())].map((value) => Math.round(255 * value));
      const shown = [...picture.data].filter((_, place) => place % 4 === 0);
      expect(Math.max(...shown.map((level, pixel) => Math.abs(level - levels[pixel]!)))).toBeLessThanOrEqual(1);
      tf.dispose([found.images, found.last.images]);
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('shows progress, and ends when it is stopped', async () => {
    const tensors = tf.memory().numTensors;
    const stopping = new AbortController();
    const seen: MaximizationProgress[] = [];
    const onProgress = (progress: MaximizationProgress) => {
      seen.push(progress);
      stopping.abort();
    };
    const stopped = maximize(subject, { seed: 0, steps: 1000 }, onProgress, stopping.signal);
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ step: 1, steps: 1000 });
    expect(seen[0]!.drawn.map(({ method }) => method)).toEqual(['pixels', 'fourier', 'generator']);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('keeps of each method the start, the way and the best on one film', async () => {
    const { film, moments, drawn } = await maximize(subject, { seed: 0, steps: 9 });
    expect(moments).toEqual([0, 1, 2, 4, 6, 8]);
    // A pixel lies between the images of the package's strips.
    const [columns, rows, gap] = [moments.length + 1, 3, 1];
    expect(film).toMatchObject({ width: 9 * columns - gap, height: 9 * rows - gap });
    for (const [row, { picture }] of drawn.entries()) {
      const [left, top] = [(columns - 1) * (8 + gap), row * (8 + gap)];
      const shown = Array.from({ length: 64 }, (_, pixel) => {
        const [x, y] = [left + (pixel % 8), top + Math.floor(pixel / 8)];
        return film.data[4 * (y * film.width + x)];
      });
      expect(shown).toEqual([...picture.data].filter((_, place) => place % 4 === 0));
    }
  });

  it('has moments for any number of steps', () => {
    expect(momentsOf(1)).toEqual([0]);
    for (const steps of [2, 3, 10, 120, 1000]) {
      const moments = momentsOf(steps);
      expect([moments[0], moments.at(-1)]).toEqual([0, steps - 1]);
      expect(moments).toEqual([...new Set(moments)].sort((a, b) => a - b));
    }
  });
});

describe('what is shipped for the chapter', () => {
  useBackend('wasm');
  const file = async () =>
    JSON.parse(await readFile(join(folderOf('generator'), 'generator.json'), 'utf8')) as GeneratorFile;

  it('belongs to the digit network', async () => {
    const [digits, { train }, { largest, codeBounds }] = await Promise.all([
      loadModel(folderOf('network')),
      mnist(),
      file(),
    ]);
    const units = hiddenUnits(digits.topology as tfl.LayersModel);
    const topology = digits.topology as tfl.LayersModel;
    const fc1 = tfl.model({ inputs: topology.inputs, outputs: topology.getLayer('fc1').output });
    const found = { classes: Array(10).fill(-Infinity), hidden: Array(64).fill(-Infinity) };
    const sums = Array(64).fill(0) as number[];
    const squares = Array(64).fill(0) as number[];
    for (const { images } of imageBatches(train, { size: 1000 })) {
      const outputs = tf.tidy(() => [digits.classifier(images), units(images), fc1.predict(images) as tf.Tensor]);
      const [logits, hidden, active] = await Promise.all(outputs.map((each) => each.data()));
      logits!.forEach((value, place) => {
        found.classes[place % 10] = Math.max(found.classes[place % 10], value);
      });
      hidden!.forEach((value, place) => {
        found.hidden[place % 64] = Math.max(found.hidden[place % 64], value);
        expect(active![place]).toBeCloseTo(Math.max(0, value), 3);
        sums[place % 64]! += active![place]!;
        squares[place % 64]! += active![place]! ** 2;
      });
      tf.dispose(outputs);
    }
    for (const kind of ['classes', 'hidden'] as const) {
      for (const [unit, value] of largest[kind].entries()) expect(found[kind][unit]).toBeCloseTo(value, 3);
    }
    for (const [unit, sum] of sums.entries()) {
      const mean = sum / train.labels.length;
      const deviation = Math.sqrt(squares[unit]! / train.labels.length - mean ** 2);
      expect(codeBounds.upper[unit]).toBeCloseTo(mean + 3 * deviation, 2);
      expect(codeBounds.lower[unit]).toBe(0);
    }
    digits.dispose();
  });

  it('draws digits that another network reads', async () => {
    const [digits, judge, description, bytes] = await Promise.all([
      loadModel(folderOf('network')),
      loadModel(folderOf('judge')),
      file(),
      readFile(join(folderOf('generator'), 'weights.bin')),
    ]);
    const before = tf.memory().numTensors;
    const generator = generatorOf(description, bytes);
    const units = hiddenUnits(digits.topology as tfl.LayersModel);
    const images: number[][] = [];
    for (let digit = 0; digit < 10; digit++) {
      for (let position = 200; position < 210; position++) images.push(await digitOfPackage(digit, position));
    }
    const labels = tf.tidy(() => {
      const real = tf.div(tf.tensor4d(images.flat(), [100, 28, 28, 1]), 255) as tf.Tensor4D;
      const drawn = generator.generate(tf.relu(units(real)));
      expect(drawn.shape).toEqual([100, 28, 28, 1]);
      return tf.argMax(judge.classifier(drawn), 1);
    });
    const right = [...(await labels.data())].filter((label, index) => label === Math.floor(index / 10)).length;
    expect(right).toBeGreaterThanOrEqual(85);
    labels.dispose();
    generator.dispose();
    expect(tf.memory().numTensors).toBe(before);
    digits.dispose();
    judge.dispose();
  });
});

describe.skipIf(reasonToSkip !== undefined)('the chapter', { timeout: 240_000 }, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await openBrowser();
    folder = await mkdtemp(join(tmpdir(), 'playground-model-'));
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  const start = (tab: Page) => tab.getByRole('button', { name: 'Draw what it wants to see' });
  const labels = (tab: Page) =>
    tab.locator('.methods canvas').evaluateAll((all) => all.map((canvas) => canvas.ariaLabel));

  it('draws by three methods, and says what two networks take it for', async () => {
    const { tab, complaints, close } = await openPage(browser, 'maximization');
    await tab.getByLabel('Maximize').selectOption({ label: 'the class 8' });
    await tab.getByLabel('Steps', { exact: true }).fill('60');
    await start(tab).click();
    await tab.getByText('Done. Below is the best picture of each method for the class 8.').waitFor();
    const shown = await labels(tab);
    expect(shown.map((label) => label?.split(' made for ')[0])).toEqual([
      'What plain pixels',
      'What Fourier with robustness',
      'What a learned generator',
    ]);
    for (const label of shown) expect(label).toMatch(/made for the class 8: 8, \d+\.\d\s%/);
    const drawnByGenerator = tab.getByRole('region', { name: 'A learned generator' });
    expect(await drawnByGenerator.locator('dd').nth(2).textContent()).toMatch(/^\s*8, \d\d/);
    expect(await drawnByGenerator.locator('dd').first().textContent()).toMatch(
      /^\s*\d+\.\d, \d\.\d\d of the best real/,
    );
    const film = tab.getByRole('img', { name: /^Film strip\./ });
    expect(await film.getAttribute('aria-label')).toMatch(/Columns: after 0, 2, .*, 59 steps, and the best\./);
    await expectNoSidewaysScrolling(tab);
    await expectAccessible(tab);
    expect(complaints).toEqual([]);
    await close();
  });

  it('is worked by keyboard, and stopped', async () => {
    const { tab, complaints, close } = await openPage(browser, 'maximization');
    const focused = () => tab.evaluate(() => document.activeElement?.textContent?.trim());
    await tab.getByRole('option', { name: 'hidden unit 63' }).waitFor({ state: 'attached' });
    await tab.getByLabel('Maximize').focus();
    await tab.keyboard.press('End');
    expect(await tab.getByLabel('Maximize').inputValue()).toBe('hidden 63');
    for (const number of ['7', '100000']) {
      await tab.keyboard.press('Tab');
      await tab.keyboard.press('ControlOrMeta+a');
      await tab.keyboard.type(number);
    }
    await tab.keyboard.press('Tab');
    expect(await focused()).toBe('Draw what it wants to see');
    await tab.keyboard.press('Enter');
    expect(await focused()).toBe('Stop');
    await tab.locator('.methods canvas').nth(2).waitFor();
    await tab.keyboard.press('Enter');
    await tab.getByText('Stopped.').waitFor();
    expect(await focused()).toBe('Draw what it wants to see');
    for (const label of await labels(tab)) expect(label).toContain('made for hidden unit 63: ');
    expect(complaints).toEqual([]);
    await close();
  });

  it('keeps no tensor over ten rounds, and says in words what cannot be', async () => {
    const { tab, complaints, countTensors, close } = await openPage(browser, 'maximization');
    await tab.getByLabel('Steps', { exact: true }).fill('3');
    const counts: number[] = [];
    for (let round = 0; round < 10; round++) {
      await tab.getByLabel('Seed').fill(String(round));
      await start(tab).click();
      await tab.getByText('Done.').waitFor();
      counts.push(await countTensors());
    }
    expect(counts).toEqual(Array(10).fill(counts[0]));
    await tab.getByLabel('Steps', { exact: true }).fill('');
    await start(tab).click();
    await tab.getByText('steps must be').waitFor();
    expect(await countTensors()).toBe(counts[0]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('draws for a network of the visitor, and says why the generator cannot', async () => {
    const model = multilayerPerceptron({ seed: 0, inputShape: [12, 16, 3], classes: 3, hiddenLayers: 1, units: 8 });
    initializeKernels(model, { seed: 0, scheme: 'he-normal' });
    await saveModel(model, folder, { preprocessing: { range: [0, 1] }, labels: ['ash', 'birch', 'cedar'] });
    model.dispose();
    const { tab, complaints, close } = await openPage(browser, 'maximization');
    await tab.getByText('Use a model of your own').click();
    await tab.getByLabel('Drop its folder here').setInputFiles(folder);
    await tab.getByText('your network takes images of 12 x 16 x 3.').waitFor();
    expect(await tab.getByLabel('Maximize').locator('option').allTextContents()).toEqual([
      'the class ash',
      'the class birch',
      'the class cedar',
    ]);
    await tab.getByLabel('Maximize').selectOption({ label: 'the class birch' });
    await tab.getByLabel('Steps', { exact: true }).fill('40');
    await start(tab).click();
    await tab.getByText('Done.').waitFor();
    const shown = await labels(tab);
    expect(shown).toHaveLength(2);
    for (const label of shown) expect(label).toMatch(/made for the class birch: birch, \d+\.\d\s%/);
    expect(await tab.locator('.methods dt').allTextContents()).not.toContain('a second network takes it for');
    await tab.getByRole('button', { name: 'Back to the networks of this page' }).click();
    await tab.getByLabel('Maximize').getByText('the class 9').waitFor({ state: 'attached' });
    expect(complaints).toEqual([]);
    await close();
  });
});
