import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  expectAccessible,
  expectNoSidewaysScrolling,
  type OpenedPage,
  openBrowser,
  openPage,
  reasonToSkip,
} from './open-page.ts';

describe.skipIf(reasonToSkip !== undefined)('the chapter of the drawn digit', () => {
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

  const answer = () => page.tab.locator('.answer').textContent();
  const sample = (name: string) => page.tab.getByRole('button', { name, exact: true }).click();

  it('reads the samples as what they are', async () => {
    const right: string[] = [];
    for (let digit = 0; digit < 10; digit++) {
      for (const which of ['first', 'second']) {
        await sample('Clear');
        await page.tab.getByText('Nothing is drawn yet.').waitFor();
        await sample(`${digit}, ${which}`);
        await page.tab.locator('.answer', { hasText: 'taken for' }).waitFor();
        if ((await answer())?.match(/(\d),/)?.[1] === String(digit)) right.push(`${digit} ${which}`);
      }
    }
    expect(right.length).toBeGreaterThanOrEqual(19);
  });
});
