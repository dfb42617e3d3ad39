import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Check, checker, type LongWork } from '@cnnviz/internal';

/** A file on the web and what proves that it is the right one. */
export interface RemoteFile {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface DownloadProgress {
  readonly url: string;
  /** Bytes on disk, those of an earlier attempt included. */
  readonly bytes: number;
  readonly total: number;
}

/**
 * Downloads a file, or what an interrupted download left to do, checks it and only then gives it its name.
 *
 * Meanwhile the bytes are in `<path>.part`, which an abort or a lost connection leaves for the next call to resume. A
 * connection lost half way is taken up again at once, as long as each brings bytes.
 *
 * @param path Where the file shall be; its folder is made.
 * @throws Error that names the URL, what was expected and what was found: a status, a length, a SHA-256. What a wrong
 * answer wrote is deleted.
 */
export async function download(remote: RemoteFile, path: string, work: LongWork<DownloadProgress> = {}): Promise<void> {
  const check = checker('@cnnviz/example-support', 'download');
  const { url, bytes: total, sha256 } = remote;
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });

  for (let isWhole = false; !isWhole; ) {
    const start = await sizeOf(part);
    if (start >= total) break;
    const { lostConnection } = await receive(check, remote, part, start, work);
    isWhole = lostConnection === undefined;
    const size = await sizeOf(part);
    if (!isWhole && size <= start) {
      const sentence = `${url}: expected ${total} bytes, found ${size} (${lostConnection}); call again to resume`;
      check.failBecause('state', sentence);
    }
  }

  const size = await sizeOf(part);
  const found = size === total ? await sha256OfFile(part) : undefined;
  if (found !== sha256) {
    await rm(part, { force: true });
    const what = found === undefined ? `${size} bytes` : `SHA-256 ${found}`;
    check.failBecause('state', `${url}: expected ${total} bytes with SHA-256 ${sha256}, found ${what}`);
  }
  await rename(part, path);
}

/** Appends to `part` until the server's answer or the connection ends. */
async function receive(
  check: Check,
  { url, bytes: total }: RemoteFile,
  part: string,
  start: number,
  { signal, onProgress }: LongWork<DownloadProgress>,
): Promise<{ lostConnection?: string }> {
  signal?.throwIfAborted();
  // Compressed on the way, a length and a range would mean something else.
  const headers = { 'accept-encoding': 'identity', ...(start > 0 && { range: `bytes=${start}-` }) };
  const response = await fetch(url, { headers, signal: signal ?? null }).catch(connectionError);
  signal?.throwIfAborted();
  if (response instanceof Error) return { lostConnection: describe(response) };
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    // Nothing follows what is there: it cannot be the beginning of this file.
    if (response.status === 416) await rm(part, { force: true });
    check.failBecause('state', `${url}: expected HTTP 200, found HTTP ${response.status}`);
  }

  // A server may ignore the range and send everything.
  let size = response.status === 206 ? start : 0;
  const file = await open(part, size === 0 ? 'w' : 'a');
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const piece = await reader?.read().catch(connectionError);
      signal?.throwIfAborted();
      if (piece instanceof Error) return { lostConnection: describe(piece) };
      if (piece === undefined || piece.done) return {};
      await file.write(piece.value);
      size += piece.value.length;
      if (size > total) return {};
      await onProgress?.({ url, bytes: size, total });
    }
  } finally {
    await file.close();
    await reader?.cancel().catch(() => {});
  }
}

function connectionError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** `fetch` says only "fetch failed" or "terminated", and why in the cause. */
function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
