import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import type { TestProject } from 'vitest/node';
import { reasonWithoutChromium } from '../../../packages/testing/src/chromium.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds the page once for all tests, and serves it as a static host would. */
export default async function buildPage(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (reasonWithoutChromium() !== undefined) return undefined;
  const outDir = await mkdtemp(join(tmpdir(), 'playground-'));
  const options = { root, logLevel: 'error', build: { outDir } } as const;
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  await build(options);
  process.env.NODE_ENV = NODE_ENV;
  const server = await preview({ ...options, preview: { port: 0, host: '127.0.0.1' } });
  project.provide('playground', server.resolvedUrls!.local[0]!);
  return async () => {
    await server.close();
    await rm(outDir, { recursive: true });
  };
}
