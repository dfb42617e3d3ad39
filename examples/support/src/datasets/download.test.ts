import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadProgress, download } from './download.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');

/** What each request asked for, and how the next ones are answered; the last answer stays. */
let ranges: (string | undefined)[];
let answers: ((request: IncomingMessage, response: ServerResponse) => void)[];
let server: Server;
let url: string;
let folder: string;
let path: string;

function sendRest(request: IncomingMessage, response: ServerResponse, end = content.length): void {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': content.length - start,
    ...(start > 0 && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
  });
  const isCut = end < content.length;
  response.write(content.subarray(start, end), () => (isCut ? response.destroy() : response.end()));
}

const cutAt = (end: number) => (request: IncomingMessage, response: ServerResponse) => sendRest(request, response, end);

beforeEach(async () => {
  ranges = [];
  answers = [(request, response) => sendRest(request, response)];
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.gz`;
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-download-'));
  path = join(folder, 'deep', 'file.gz');
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const remote = () => ({ url, bytes: content.length, sha256 });
const filesLeft = () => readdir(join(folder, 'deep'));

describe('download', () => {
  it('writes the file, makes its folder and reports every byte', async () => {
    const progress: DownloadProgress[] = [];
    await download(remote(), path, { onProgress: (p) => void progress.push(p) });
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(await filesLeft()).toEqual(['file.gz']);
    expect(progress.at(-1)).toEqual({ url, bytes: content.length, total: content.length });
    const bytes = progress.map((p) => p.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  });

  it('takes a connection that is cut half way up again where it was cut', async () => {
    answers.unshift(cutAt(100_000), cutAt(200_000));
    await download(remote(), path);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
  });

  it('starts over where the server ignores ranges', async () => {
    answers = [
      cutAt(100_000),
      (request, response) => sendRest({ ...request, headers: {} } as IncomingMessage, response),
    ];
    await download(remote(), path);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=100000-']);
  });

  it('leaves what came when the server goes away, and the next call resumes', async () => {
    answers = [cutAt(100_000), (_, response) => void response.destroy()];
    await expect(download(remote(), path)).rejects.toThrow(
      new RegExp(`download: ${url}: expected 300000 bytes, found 100000 \\(.+\\); call again to resume$`),
    );
    expect(await filesLeft()).toEqual(['file.gz.part']);

    answers = [(request, response) => sendRest(request, response)];
    const first: DownloadProgress[] = [];
    await download(remote(), path, { onProgress: (p) => void (first.length === 0 && first.push(p)) });
    expect(first[0]!.bytes).toBeGreaterThan(100_000);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(await filesLeft()).toEqual(['file.gz']);
  });

  it('needs no request where everything came before it was named', async () => {
    await download(remote(), path);
    await rm(path);
    await writeFile(`${path}.part`, content);
    await download(remote(), path);
    expect(ranges).toHaveLength(1);
    expect(await filesLeft()).toEqual(['file.gz']);
  });

  it('rejects with the reason of an abort and leaves only what can be resumed', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    answers = [cutAt(150_000), (request, response) => sendRest(request, response)];
    const onProgress = ({ bytes }: DownloadProgress) => {
      if (bytes >= 150_000) abort.abort(reason);
    };
    await expect(download(remote(), path, { signal: abort.signal, onProgress })).rejects.toBe(reason);
    expect(await filesLeft()).toEqual(['file.gz.part']);
    await download(remote(), path);
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('aborts while it waits for the server', async () => {
    const abort = new AbortController();
    answers = [() => abort.abort(new Error('enough'))];
    await expect(download(remote(), path, { signal: abort.signal })).rejects.toThrow('enough');
    expect(await filesLeft()).toEqual([]);
  });

  it('passes on what onProgress throws', async () => {
    const onProgress = () => {
      throw new Error('the bar broke');
    };
    await expect(download(remote(), path, { onProgress })).rejects.toThrow('the bar broke');
  });

  it('rejects another content and deletes it', async () => {
    const wrong = { ...remote(), sha256: '0'.repeat(64) };
    await expect(download(wrong, path)).rejects.toThrow(
      `${url}: expected 300000 bytes with SHA-256 ${'0'.repeat(64)}, found SHA-256 ${sha256}`,
    );
    expect(await filesLeft()).toEqual([]);
  });

  it.each([
    ['shorter', 299_999],
    ['longer', 300_001],
  ])('rejects a %s file and deletes it', async (_, length) => {
    answers = [(_, response) => void response.end(Buffer.concat([content, content]).subarray(0, length))];
    await expect(download(remote(), path)).rejects.toThrow(/expected 300000 bytes with SHA-256 .+, found \d+ bytes$/);
    expect(await filesLeft()).toEqual([]);
  });

  it.each([404, 500])('names the URL and HTTP %s, and leaves nothing', async (status) => {
    answers = [(_, response) => void response.writeHead(status).end('no such file')];
    await expect(download(remote(), path)).rejects.toThrow(
      `@cnnviz/example-support: download: ${url}: expected HTTP 200, found HTTP ${status}`,
    );
    expect(await filesLeft()).toEqual([]);
  });

  it('says that there is no connection', async () => {
    server.close();
    server.closeAllConnections();
    const closed = { ...remote(), url: 'http://127.0.0.1:1/file.gz' };
    await expect(download(closed, path)).rejects.toThrow(
      /127\.0\.0\.1:1\/file\.gz: expected 300000 bytes, found 0 \(.+\)/,
    );
  });
});
