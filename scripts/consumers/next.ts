// Follows the recipe of docs/bundlers.md for Next: builds the project for production, starts it, opens its page in Chromium
// and asks a route that computes on the server.
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright';
import { chromiumArguments, findChromium, reasonWithoutChromium } from '../../packages/testing/src/chromium.ts';
import { makeConsumer, root } from './pack.ts';
import { recipeOf } from './recipes.ts';
import { endingOf, type Workshop } from './workshop.ts';

/** What a project of Next has before the recipe, and a route that attacks a network on the server. */
const project: Readonly<Record<string, string>> = {
  'app/layout.js': `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
  'app/attack/route.js': `import { enableThreads, registerWasmGradients } from '@cnnviz/wasm-gradients';
import { attack } from '../../src/attack.js';

export const dynamic = 'force-dynamic';

export async function GET() {
  registerWasmGradients();
  const { threads } = await enableThreads();
  const moved = await attack();
  return Response.json({ threads, moved: moved.length, farthest: Math.max(...moved.map(Math.abs)) });
}
`,
};

const installed = [
  ...['next@16', 'react@19', 'react-dom@19'],
  ...['@cnnviz/adversarial', '@cnnviz/wasm-gradients'],
  ...['core', 'layers', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}@4.22.0`),
];

export async function next({ folder: workshop, tarballs, report, skip }: Workshop): Promise<void> {
  const folder = join(workshop, 'next');
  await makeConsumer({ folder, tarballs, packages: installed });
  const { files, commands } = recipeOf(await readFile(join(root, 'docs/bundlers.md'), 'utf8'), 'Next');
  for (const [path, text] of Object.entries({ ...project, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await cp(join(import.meta.dirname, 'browser-page/attack.js'), join(folder, 'src/attack.js'));
  for (const command of [...commands, 'NEXT_TELEMETRY_DISABLED=1 node_modules/.bin/next build']) {
    const { failure } = await endingOf('sh', ['-e', '-c', command], folder);
    report(`Next: ${command.split('\n')[0]}`, failure);
    if (failure !== undefined) return;
  }
  const port = await freePort();
  const server = spawn(join(folder, 'node_modules', '.bin', 'next'), ['start', '-p', String(port)], {
    cwd: folder,
    stdio: 'ignore',
  });
  try {
    const address = `http://localhost:${port}`;
    const answer = await answerOf(`${address}/attack`);
    const { threads, moved, farthest }: { threads?: number; moved?: number; farthest?: number } = JSON.parse(answer);
    const isRight = threads! >= 1 && moved === 4 * 16 * 16 * 3 && farthest! > 0;
    report(`Next, a route on the server: ${threads} threads`, isRight ? undefined : answer);
    const reason = reasonWithoutChromium();
    if (reason !== undefined) return skip('Next, a page', reason);
    const shown = await shownBy(address);
    report(`Next, a page: ${shown}`, shown === '2 threads' ? undefined : `it shows "${shown}"`);
  } finally {
    server.kill();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Retries until the server has started. */
async function answerOf(address: string): Promise<string> {
  for (let attempts = 120; ; attempts--) {
    const response = await fetch(address).catch(() => undefined);
    if (response !== undefined) return response.text();
    if (attempts === 0) throw new Error(`${address} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The text of the page once it has started threads, as on a machine of four logical processors. */
async function shownBy(address: string): Promise<string> {
  const browser = await chromium.launch({ executablePath: findChromium()!, args: chromiumArguments });
  try {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { value: 4 });
    });
    await page.goto(address);
    const paragraph = page.getByText(/^\d+ threads$/);
    await paragraph.waitFor({ timeout: 30_000 }).catch(() => {});
    return (await page.locator('p').first().textContent()) ?? '';
  } finally {
    await browser.close();
  }
}
