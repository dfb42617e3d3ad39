import { bitEncoding, GeneticAlgorithm, tournamentSelection, twoPointCrossover } from '@cnnviz/genetic';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CrossoverName,
  nextGeneration,
  type OneMaxSettings,
  type OneMaxStep,
  runToSolution,
  type SelectionName,
} from '../src/worker/one-max.ts';
import { expectAccessible, expectNoSidewaysScrolling, openBrowser, openPage, reasonToSkip } from './open-page.ts';

const settings: OneMaxSettings = {
  seed: 3,
  length: 32,
  populationSize: 30,
  selection: 'tournament',
  crossover: 'two-point',
  mutationRate: 0.2,
};

describe('the work of the chapter', () => {
  it('is the genetic algorithm of the package, to the bit', () => {
    const algorithm = new GeneticAlgorithm({
      encoding: bitEncoding({ length: 32, crossover: twoPointCrossover, flipRate: 0.05 }),
      populationSize: 30,
      seed: 3,
      selection: (fitness, count, random) => tournamentSelection(fitness, count, random, { size: 3 }),
    });
    let step: OneMaxStep | undefined;
    for (let generation = 0; generation < 8; generation++) {
      algorithm.tell(algorithm.ask().map((bits) => bits.filter((bit) => bit === 1).length));
      step = nextGeneration(settings, step?.state);
      expect(step.generation.genomes).toEqual(
        algorithm.population.map(({ genome, fitness }) => ({ bits: genome.join(''), fitness })),
      );
      expect(step.generation).toMatchObject(
        (({ generation, evaluations, best, mean, worst }) => ({ generation, evaluations, best, mean, worst }))(
          algorithm.statistics(),
        ),
      );
    }
  });

  const selections: SelectionName[] = ['tournament', 'roulette', 'universal', 'rank', 'truncation'];
  const crossovers: CrossoverName[] = ['two-point', 'one-point', 'uniform', 'none'];
  it.each(selections.flatMap((selection) => crossovers.map((crossover) => [selection, crossover] as const)))(
    'says of every bit where it comes from: %s, %s',
    (selection, crossover) => {
      // An odd population leaves one child without a pair.
      const options = { ...settings, selection, crossover, populationSize: 31, mutationRate: 0.5 };
      let step = nextGeneration(options);
      expect(step.generation.births).toEqual([]);
      const seen = { crossed: 0, flipped: 0, copied: 0 };
      for (let generation = 1; generation <= 5; generation++) {
        const before = step.generation;
        step = nextGeneration(options, step.state);
        const { births, genomes, evaluations } = step.generation;
        expect(births).toHaveLength(31);
        expect(evaluations - before.evaluations).toBe(births.filter(({ isEvaluated }) => isEvaluated).length);
        births.forEach(({ parent, selected, partner, crossed, fromPartner, flipped, isEvaluated }, child) => {
          expect(selected).toBe(before.genomes[parent]!.bits);
          const mixed = [...selected].map((bit, place) =>
            fromPartner.includes(place) ? before.genomes[partner!]!.bits[place] : bit,
          );
          expect(crossed).toBe(mixed.join(''));
          const mutated = mixed.map((bit, place) => (flipped.includes(place) ? String(1 - Number(bit)) : bit));
          expect(genomes[child]!.bits).toBe(mutated.join(''));
          expect(genomes[child]!.fitness).toBe(mutated.filter((bit) => bit === '1').length);
          if (partner !== null) expect(births[child ^ 1]).toMatchObject({ parent: partner, partner: parent });
          if (!isEvaluated) expect({ partner, bits: mutated.join('') }).toEqual({ partner: null, bits: selected });
          seen.crossed += fromPartner.length;
          seen.flipped += flipped.length;
          seen.copied += isEvaluated ? 0 : 1;
        });
      }
      expect(seen.crossed > 0).toBe(crossover !== 'none');
      expect(seen.flipped).toBeGreaterThan(0);
      expect(seen.copied).toBeGreaterThan(0);
    },
  );

  it('runs until a genome is all ones, or a generation is reached, or it is stopped', async () => {
    const { state } = nextGeneration(settings);
    const steps: OneMaxStep[] = [];
    const { signal } = new AbortController();
    const onProgress = (step: OneMaxStep) => void steps.push(step);
    const run = { settings, state, generations: 500, pause: 0 };
    expect(await runToSolution(run, { signal, onProgress })).toEqual({ stoppedBy: 'solved' });
    expect(steps.at(-1)!.generation).toMatchObject({ isSolved: true, best: 32, generation: steps.length });
    expect(steps.slice(0, -1).some(({ generation }) => generation.isSolved)).toBe(false);

    expect(await runToSolution({ ...run, generations: 2 }, { signal, onProgress: () => {} })).toEqual({
      stoppedBy: 'generations',
    });

    const stopping = new AbortController();
    const stopped = runToSolution(
      { ...run, pause: 60_000 },
      { signal: stopping.signal, onProgress: () => expect.unreachable() },
    );
    stopping.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe.skipIf(reasonToSkip !== undefined)('the chapter', { timeout: 240_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  const press = (tab: Page, name: string) => tab.getByRole('button', { name, exact: true }).click();
  const bitsOf = (tab: Page) => tab.locator('.genomes .bits').allTextContents();
  const numbersOf = (tab: Page) => tab.locator('.genomes tbody th').allTextContents();
  const stageOf = (tab: Page) => tab.locator('.stages input:checked').inputValue();

  it('takes a generation apart, by keyboard', async () => {
    const { tab, complaints, close } = await openPage(browser, 'one-max');
    await tab.getByText('Generation 0: bits at random').waitFor();
    const parents = await bitsOf(tab);
    expect(parents).toHaveLength(30);
    expect(parents.every((bits) => /^[01]{32}$/.test(bits))).toBe(true);

    const next = tab.getByRole('button', { name: 'Next step' });
    await next.focus();
    await tab.keyboard.press('Enter');
    await tab.getByText('On the way to generation 1: selection.').waitFor();
    const [selected, numbers] = [await bitsOf(tab), await numbersOf(tab)];
    selected.forEach((bits, row) => {
      expect(bits).toBe(parents[Number(numbers[row]) - 1]);
    });
    const drawn = (await tab.locator('.genomes .note').allTextContents()).map(
      (note) => /\d+|once|twice|never/.exec(note)![0],
    );
    const times = drawn.map((word) => ({ never: 0, once: 1, twice: 2 })[word] ?? Number(word));
    expect(times.reduce((sum, count) => sum + count)).toBe(30);

    await tab.keyboard.press('Enter');
    await tab.getByText('On the way to generation 1: crossover.').waitFor();
    const crossed = await bitsOf(tab);
    const crossing = await tab.locator('.genomes tbody tr').evaluateAll((rows) =>
      rows.map((row) => ({
        note: row.querySelector('.note')!.textContent,
        partner: [...row.querySelectorAll('.partner')].map((span) => span.textContent).join(''),
      })),
    );
    expect(crossing.some(({ partner }) => partner !== '')).toBe(true);
    crossing.forEach(({ note, partner }, child) => {
      const [, copied] = /^copy of (\d+)$/.exec(note!) ?? [];
      if (copied !== undefined) expect(crossed[child]).toBe(parents[Number(copied) - 1]);
      const [, first, last, other] = /bits (\d+) to (\d+) of (\d+)$/.exec(note!) ?? [];
      if (other === undefined) return;
      expect(partner).toBe(parents[Number(other) - 1]!.slice(Number(first) - 1, Number(last)));
    });

    await tab.keyboard.press('Enter');
    await tab.getByText('On the way to generation 1: mutation.').waitFor();
    const mutated = await bitsOf(tab);
    const differing = mutated.map(
      (bits, child) => [...bits].filter((bit, place) => bit !== crossed[child]![place]).length,
    );
    const flipped = await tab
      .locator('.genomes .bits')
      .evaluateAll((cells) =>
        cells
          .map((cell) => cell.querySelectorAll('.flipped'))
          .map((spans) => [...spans].map((span) => span.textContent).join('').length),
      );
    expect(flipped).toEqual(differing);

    await tab.keyboard.press('Enter');
    await tab.getByText('Generation 1: best').waitFor();
    const ones = await tab.locator('.genomes tbody td:nth-of-type(2)').allTextContents();
    expect(ones.map(Number)).toEqual(mutated.map((bits) => [...bits].filter((bit) => bit === '1').length));
    await tab.keyboard.press('Enter');
    await tab.getByText('On the way to generation 2: selection.').waitFor();

    await tab.getByLabel('2 crossover').check();
    await expectNoSidewaysScrolling(tab);
    await tab.getByLabel('genomes', { exact: true }).fill('6');
    await next.click();
    await tab.getByText('On the way to generation 1: selection.').waitFor();
    await tab.getByLabel('2 crossover').check();
    await expectAccessible(tab);
    expect(complaints).toEqual([]);
    await close();
  });

  it('runs until solved, stops, and starts over', async () => {
    const { tab, complaints, countTensors, close } = await openPage(browser, 'one-max');
    await tab.getByText('Generation 0: bits at random').waitFor();
    const first = await bitsOf(tab);
    await tab.getByLabel('Pace of a run').selectOption('as fast as possible');
    await press(tab, 'Run until solved');
    await tab.getByText(/^Solved in generation \d+, after/).waitFor();
    expect((await bitsOf(tab)).some((bits) => bits === '1'.repeat(32))).toBe(true);
    expect(await tab.locator('.line-chart > svg').getAttribute('aria-label')).toContain(
      'the best genome has 32 ones of 32',
    );

    await tab.getByLabel('genomes', { exact: true }).fill('8');
    await tab.getByLabel('genomes', { exact: true }).blur();
    await tab.getByText('Generation 0: bits at random').waitFor();
    const few = await bitsOf(tab);
    expect(few).toEqual(first.slice(0, 8));
    const tensors = await countTensors();
    for (let round = 0; round < 10; round++) {
      await press(tab, 'Start over');
      await tab.getByText('Generation 0: bits at random').waitFor();
      expect(await bitsOf(tab)).toEqual(few);
      await press(tab, 'Next generation');
      await tab.getByText('From generation 0 to generation 1').waitFor();
    }
    expect(await countTensors()).toBe(tensors);

    await tab.getByLabel('Pace of a run').selectOption('slow');
    await press(tab, 'Run until solved');
    await tab.getByText('From generation 1 to generation 2').waitFor();
    await press(tab, 'Stop');
    await tab.getByText('Stopped.').waitFor();
    expect(await stageOf(tab)).toBe('evaluation');
    await tab.getByLabel('2 crossover').check();
    expect(await stageOf(tab)).toBe('crossover');

    await tab.getByLabel('Selection', { exact: true }).selectOption('roulette');
    await tab.getByText('Generation 0: bits at random').waitFor();
    await press(tab, 'Next generation');
    await tab.getByText('From generation 0 to generation 1').waitFor();
    expect(await bitsOf(tab)).toHaveLength(8);
    expect(complaints).toEqual([]);
    await close();
  });
});
