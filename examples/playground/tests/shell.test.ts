import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, expectNoSidewaysScrolling, openBrowser, openPage, reasonToSkip } from './open-page.ts';

describe.skipIf(reasonToSkip !== undefined)('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  it('opens at the first chapter, on the backend of its address', async () => {
    const { tab, complaints, close } = await openPage(browser, '');
    expect(await tab.getByRole('heading', { level: 2 }).textContent()).toBe('A digit of yours');
    expect(await tab.getByLabel('Compute with').inputValue()).toBe('wasm');
    await expectNoSidewaysScrolling(tab);
    await expectAccessible(tab);
    expect(complaints).toEqual([]);
    await close();
  });
});
