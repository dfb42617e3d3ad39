import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser } from 'playwright';

type Headers = Readonly<Record<string, string>>;

export interface Served {
  /** Folder of the page. */
  folder: string;
  headers: Headers;
  /** What is answered to a request in place of a file of the folder, if it answers. */
  instead?: (path: string, response: ServerResponse) => boolean;
}

export interface Site {
  address: string;
  close(): void;
}

const kinds: Headers = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Serves a folder as a static host does, with these headers on every answer. */
export async function serve({ folder, headers, instead = () => false }: Served): Promise<Site> {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (path === '/favicon.ico') return void response.writeHead(204).end();
    if (instead(path, response)) return;
    try {
      const file = await readFile(join(folder, decodeURIComponent(path)));
      response.writeHead(200, { 'Content-Type': kinds[extname(path)] ?? 'application/octet-stream' }).end(file);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Only localhost is a secure context without a certificate.
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
  return {
    address,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export const isolation: Headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The strict policy of docs/bundlers.md, which allows the scripts in the page itself, if there are some, by their hash. */
export async function strictPolicy(folder: string, wasm = "'wasm-unsafe-eval'"): Promise<Headers> {
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const inline = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, code]) => code!).filter(Boolean);
  const hashes = inline.map((code) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`);
  const sources = ["'self'", wasm, ...hashes].filter(Boolean).join(' ');
  return { 'Content-Security-Policy': `default-src 'self'; script-src ${sources}` };
}

/** What browser-page/main.js leaves in `window.result`. */
export interface PageResult {
  error?: string;
  threads?: number;
  reason?: string;
  /** In milliseconds, from before the backend was started. */
  startedIn?: number;
  endedIn?: number;
  backend?: string;
  moved?: number[];
}

export interface Visit {
  result: PageResult;
  /** Workers that are alive after that. */
  workers: number;
  /** Errors in the console and those that nothing caught. */
  complaints: string[];
}

/** Opens a page as on a machine of four logical processors, and waits for its result. */
export async function visit(browser: Browser, address: string): Promise<Visit> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { value: 4 });
    });
    await page.goto(address);
    const result = await page
      .waitForFunction(() => (window as { result?: PageResult }).result, undefined, { timeout: 30_000, polling: 100 })
      .then((handle) => handle.jsonValue() as Promise<PageResult>)
      .catch((): PageResult => ({ error: 'the page gave no result in 30 s' }));
    return { result, workers: page.workers().length, complaints };
  } finally {
    await context.close();
  }
}
