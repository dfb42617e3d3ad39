/**
 * Takes the pictures of the root README from the pages that the demo, examples/adversarial, examples/dgn-am and
 * examples/actmax write. examples/adversarial needs a photograph and SqueezeNet 1.0; examples/actmax needs Tiny Darknet, whose
 * classes 449, 168, 424 and 361 are goldfish, giant panda, flamingo and volcano:
 *
 *     pnpm demo
 *     pnpm --filter @cnnviz/example-adversarial photograph CAT.jpg MODELS
 *     pnpm --filter @cnnviz/example-dgn-am start
 *     pnpm --filter @cnnviz/example-actmax start --model TINY_DARKNET --range 0,1 --classes 449,168,424,361
 *     pnpm docs:pictures [NAME…]
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright';
import { chromiumArguments, findChromium, reasonWithoutChromium } from '../packages/testing/src/chromium.ts';

const MOST_BYTES = 60_000;

interface Picture {
  name: string;
  page: string;
  selector: string;
  /** What of it would be too much. */
  without?: string;
  /** For pictures like photographs, which are large as PNG. Default: `png`. */
  type?: 'jpeg';
  /** Of a JPEG, up to 100. Default: 85. */
  quality?: number;
}

const demo = 'report/index.html';
const pictures: readonly Picture[] = [
  {
    name: 'photograph',
    page: 'report/photograph/index.html',
    selector: '#photograph .pictures img',
    type: 'jpeg',
    quality: 70,
  },
  { name: 'regularizers', page: demo, selector: '#memorization .chart svg >> nth=1' },
  { name: 'adversarial', page: demo, selector: '#perturbation .row >> nth=0' },
  { name: 'genetic', page: demo, selector: '#evolution-cppn .pictures >> nth=0' },
  { name: 'dissect', page: demo, selector: '#units .pictures', without: '#units .pictures > :nth-child(n + 5)' },
  { name: 'actmax', page: 'report/dgn-am/index.html', selector: '#classes .pictures >> nth=0' },
  {
    name: 'actmax-photographs',
    page: 'report/actmax/index.html',
    selector: '#classes .pictures >> nth=1',
    // The rows by Fourier coefficients and by pixels, and what stands under each image.
    without: '.pictures .note, .pictures .label, .pictures figcaption, .pictures h3, .pictures .row ~ .row',
    type: 'jpeg',
  },
];

const wanted = process.argv.slice(2);
const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'docs/pictures');

const missing = reasonWithoutChromium();
if (missing !== undefined) throw new Error(missing);
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: findChromium() ?? '', args: chromiumArguments });
try {
  const tab = await browser.newPage({ viewport: { width: 760, height: 900 }, colorScheme: 'light' });
  for (const { name, page, selector, without, type = 'png', quality = 85 } of pictures) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const file = join(root, page);
    if (!existsSync(file)) throw new Error(`there is no ${page}: run its example first`);
    await tab.goto(pathToFileURL(file).href);
    if (without !== undefined) await tab.addStyleTag({ content: `${without} { display: none }` });
    const path = join(folder, `${name}.${type}`);
    await tab.locator(selector).screenshot({ path, type, ...(type === 'jpeg' && { quality }) });
    const { size } = statSync(path);
    console.log(`${path}: ${size} bytes`);
    if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MOST_BYTES}: show less of the page`);
  }
} finally {
  await browser.close();
}
