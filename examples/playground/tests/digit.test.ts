import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  describeInBrowser,
  expectAccessible,
  expectNoSidewaysScrolling,
  type OpenedPage,
  openBrowser,
  openPage,
} from './open-page.ts';

describeInBrowser('the chapter of the drawn digit', () => {
  let browser: Browser;
  let page: OpenedPage;
  beforeAll(async () => {
    browser = await openBrowser();
    page = await openPage(browser, 'digit');
  });
  afterAll(async () => {
    await page?.close();
    await browser?.close();
  });

  const press = (name: string) => page.tab.getByRole('button', { name, exact: true }).click();
  const clear = async () => {
    await press('Clear');
    await page.tab.getByText('Nothing is drawn yet.').waitFor();
  };
  /** What the drawing is taken for, as a screen reader is told once the pen is lifted. */
  const answer = async () => {
    const spoken = page.tab.locator('.drawing [role=status]', { hasText: 'taken for' });
    return /taken for an? (\d)/.exec((await spoken.textContent()) ?? '')?.[1];
  };
  const take = async (name: string) => {
    await clear();
    await press(name);
    return answer();
  };
  /** Of the attack, once it has ended. */
  const attacked = async (attack: string) => {
    await page.tab.getByLabel('Attack').selectOption({ label: attack });
    await press('Find the smallest change');
    await page.tab.getByText(`${attack} breaks it: `).waitFor();
    return (await page.tab.getByText('The pixel that changed').textContent())!;
  };
  const numbers = (sentence: string) => {
    const [, largest, length] = /changed by\s+([\d.]+).* length ([\d.]+)\./s.exec(sentence)!;
    return { largest: Number(largest), length: Number(length) };
  };

  it('reads MNIST: of the twenty samples at least nineteen', async () => {
    const right: string[] = [];
    for (let digit = 0; digit < 10; digit++) {
      for (const which of ['first', 'second']) {
        if ((await take(`${digit}, ${which}`)) === String(digit)) right.push(`${digit}, ${which}`);
      }
    }
    expect(right.length).toBeGreaterThanOrEqual(19);
  });

  it('reads what the mouse draws, wherever and however large', async () => {
    const paper = page.tab.getByRole('application');
    await clear();
    await paper.scrollIntoViewIfNeeded();
    const { x, y } = (await paper.boundingBox())!;
    await page.tab.mouse.move(x + 90, y + 30);
    await page.tab.mouse.down();
    for (let angle = 0; angle <= 24; angle++) {
      const radians = (angle / 24) * 2 * Math.PI;
      await page.tab.mouse.move(x + 90 + 45 * Math.sin(radians), y + 90 - 60 * Math.cos(radians));
    }
    // The bars follow while the line grows.
    await page.tab.locator('.answer', { hasText: 'taken for' }).waitFor();
    await page.tab.mouse.up();
    expect(await answer()).toBe('0');
  });

  it('reads what the keys draw', async () => {
    await clear();
    await page.tab.getByRole('application').focus();
    for (let i = 0; i < 2; i++) await page.tab.keyboard.press('Shift+ArrowUp');
    await page.tab.keyboard.press('Space');
    await page.tab.getByText('The pen is down.').waitFor();
    for (let i = 0; i < 4; i++) await page.tab.keyboard.press('Shift+ArrowDown');
    await page.tab.keyboard.press('Space');
    expect(await answer()).toBe('1');
  });

  it('finds smaller changes the longer an attack searches', async () => {
    await take('3, first');
    const fgsm = numbers(await attacked('FGSM'));
    const pgd = numbers(await attacked('PGD'));
    const deepFool = numbers(await attacked('DeepFool'));
    const carliniWagner = numbers(await attacked('Carlini-Wagner'));
    expect(pgd.largest).toBeLessThan(fgsm.largest);
    expect(deepFool.length).toBeLessThan(Math.min(fgsm.length, pgd.length));
    expect(carliniWagner.length).toBeLessThan(deepFool.length);
    expect(fgsm.largest).toBeLessThan(0.5);
  });

  it('shows an attack of the epsilon of the slider, by keyboard too', async () => {
    await attacked('FGSM');
    const slider = page.tab.getByLabel('Epsilon, the largest change');
    const found = Number(await slider.inputValue());
    await slider.fill(String(found * 0.9));
    await page.tab.getByText('Not fooled.').waitFor();
    await slider.focus();
    await page.tab.keyboard.press('PageUp');
    await page.tab.getByText('Fooled.', { exact: true }).waitFor();
    expect(Number(await slider.inputValue())).toBeCloseTo(found * 0.9 + 0.05, 6);
    await page.tab.keyboard.press('PageDown');
    await page.tab.getByText('Not fooled.').waitFor();
  });

  it('draws the decisions, with the digit in the middle', async () => {
    await press('Draw the map');
    await page.tab.getByText('The nearest point of the map that is not taken for a 3 is').waitFor();
    const map = page.tab.locator('.map canvas');
    expect(await map.getAttribute('aria-label')).toMatch(/^Map of the decisions around your digit: 3 \d/);
    const color = await map.evaluate((canvas: HTMLCanvasElement) => {
      const middle = canvas.width / 2;
      return [...canvas.getContext('2d')!.getImageData(middle, middle, 1, 1).data];
    });
    // The first color, of a class that the network is sure of.
    expect(color).toEqual([0x44, 0x77, 0xaa, 255]);
  });

  it('can be used by all, in light and dark, and on a phone', async () => {
    await expectAccessible(page.tab);
    await expectNoSidewaysScrolling(page.tab);
  });

  it('stops', async () => {
    await page.tab.getByLabel('Attack').selectOption({ label: 'Carlini-Wagner' });
    await press('Find the smallest change');
    await page.tab.getByText(/^step \d+ of at most 500$/).waitFor();
    await page.tab.locator('.job').first().getByRole('button', { name: 'Stop' }).click();
    await page.tab.getByText('Stopped.').waitFor();
  });

  it('keeps no tensor of ten rounds', async () => {
    const before = await page.countTensors();
    for (let round = 0; round < 10; round++) {
      await take(round % 2 === 0 ? '3, first' : '7, second');
      await attacked('DeepFool');
      await press('Draw the map');
      await page.tab.locator('.legend').waitFor();
    }
    expect(await page.countTensors()).toBe(before);
    expect(page.complaints).toEqual([]);
  });
});
