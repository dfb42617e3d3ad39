import AxeBuilder from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { describe, expect, inject, it } from 'vitest';
import { chromiumArguments, findChromium, reasonWithoutChromium } from '../../../packages/testing/src/chromium.ts';
import { isRequired } from '../../../packages/testing/src/required.ts';

/** Why the page cannot be tested here; where Chromium is required that fails instead. */
export const reasonToSkip = isRequired('chromium') ? undefined : reasonWithoutChromium();

/** The tests of `suite`; where no Chromium starts one test in their place, skipped with the reason. */
export function describeInBrowser(name: string, suite: () => void): void {
  if (reasonToSkip === undefined) describe(name, suite);
  else describe(name, () => it('opens in Chromium', ({ skip }) => skip(reasonToSkip)));
}

/** The longest that a test waits for the page, which computes on one busy core. */
const patience = 60_000;

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(reasonWithoutChromium());
  return chromium.launch({ executablePath, args: chromiumArguments });
}

export interface OpenedPage {
  tab: Page;
  /** All that the page has said in its console, and errors that nothing caught. */
  complaints: string[];
  /** Tensors that live in the worker. */
  countTensors(): Promise<number>;
  close(): Promise<void>;
}

/** The built page at a chapter, on wasm, once it can compute. */
export async function openPage(
  browser: Browser,
  chapter: string,
  options: BrowserContextOptions & { backend?: string } = {},
): Promise<OpenedPage> {
  const { backend = 'wasm', ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, ...contextOptions });
  context.setDefaultTimeout(patience);
  const tab = await context.newPage();
  const complaints: string[] = [];
  tab.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  tab.on('pageerror', (error) => complaints.push(String(error)));
  await tab.goto(`${inject('playground')}?backend=${backend}#${chapter}`);
  await tab.getByText('Computing with').waitFor();
  const countTensors = async () => {
    const { numTensors } = await tab.evaluate(() => window.playground.memory());
    return numTensors;
  };
  return { tab, complaints, countTensors, close: () => context.close() };
}

/** No violation that axe finds, in light and in dark. */
export async function expectAccessible(tab: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page: tab }).analyze();
    expect(violations.map(({ id, nodes }) => ({ id, colorScheme, html: nodes.map((node) => node.html) }))).toEqual([]);
  }
}

/** Nothing is wider than a narrow phone. */
export async function expectNoSidewaysScrolling(tab: Page): Promise<void> {
  const before = tab.viewportSize();
  await tab.setViewportSize({ width: 360, height: 740 });
  expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  if (before !== null) await tab.setViewportSize(before);
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the built page. */
    playground: string;
  }
}
