import { describe, expect, it } from 'vitest';
import { run } from '../test-support/run-script.ts';

const remedy =
  'Copy the three .wasm files of @tensorflow/tfjs-backend-wasm/dist to where they can be loaded and name that folder with ' +
  'setWasmPaths before the backend starts; https://github.com/cnnviz/cnnviz/blob/main/docs/bundlers.md shows how';

/** Each leaves the message of its failure in `message`, or undefined. */
const ways = {
  enableThreads: `
    const start = async () => {
      try { await enableThreads(); } catch (error) { return error.message; }
    };
  `,
  'tf.setBackend after registerWasmGradients': `
    registerWasmGradients();
    const start = async () => {
      const warned = [];
      console.warn = (text) => warned.push(String(text));
      if (await tf.setBackend('wasm')) return;
      return warned.join('\\n').match(/@cnnviz[^\\n]*/)[0];
    };
  `,
};

/** A server from which the files come over `fetch`; what it answers can be set. */
const server = `
  import { createServer } from 'node:http';
  import { readFileSync } from 'node:fs';
  import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
  const dist = new URL('./', import.meta.resolve('@tensorflow/tfjs-backend-wasm'));
  const notFound = (url, response) => { response.writeHead(404); response.end(); };
  const page = (url, response) => { response.writeHead(200, { 'content-type': 'text/html' }); response.end('<!doctype html><p>'); };
  const file = (url, response) => response.end(readFileSync(new URL(url.slice(1), dist)));
  let answer = notFound;
  const server = createServer(({ url }, response) => answer(url, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = 'http://127.0.0.1:' + server.address().port + '/';
  setWasmPaths(address, true);
  const stop = () => { server.close(); server.closeAllConnections(); };
`;

/** What a script prints last. */
async function lastLine(script: string): Promise<unknown> {
  const { code, output } = await run(script);
  expect(code, output).toBe(0);
  return JSON.parse(output.trim().split('\n').at(-1)!);
}

const failed = (reason: string) => `@cnnviz/wasm-gradients: the wasm backend did not start: ${reason}. ${remedy}`;

describe.each(Object.entries(ways))('%s, where a .wasm file is not there', (_, way) => {
  it('names the path that Node looked at, and setWasmPaths', async () => {
    const message = await lastLine(`
      import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
      ${way}
      setWasmPaths('/nowhere/');
      console.log(JSON.stringify(await start()));
    `);
    expect(message).toBe(failed("ENOENT: no such file or directory, open '/nowhere/tfjs-backend-wasm-simd.wasm'"));
  });

  it('names the address that was fetched and what came of it, and starts once the file is there', async () => {
    const said = await lastLine(`
      ${server}
      ${way}
      const said = {};
      said.notFound = await start();
      answer = page;
      said.page = await start();
      setWasmPaths('http://127.0.0.1:9/', true);
      said.unreachable = (await start()).replace(/fetched: .*?\\./, 'fetched: REASON.');
      answer = file;
      setWasmPaths(address, true);
      said.file = await start() ?? (await tf.sum(tf.ones([10])).data())[0];
      said.fetch = fetch.name;
      console.log(JSON.stringify(said).replaceAll(address, 'ADDRESS/'));
      stop();
    `);
    expect(said).toEqual({
      notFound: failed('ADDRESS/tfjs-backend-wasm-simd.wasm answered 404 Not Found'),
      page: failed('ADDRESS/tfjs-backend-wasm-simd.wasm is not WebAssembly; it begins with "<!doctype html><p>"'),
      unreachable: failed('http://127.0.0.1:9/tfjs-backend-wasm-simd.wasm could not be fetched: REASON'),
      file: 10,
      fetch: 'fetch',
    });
  });
});

it('falls back to one thread where only the threaded file is missing, and names it', async () => {
  const started = await lastLine(`
    ${server}
    answer = (url, response) => url.includes('threaded') ? notFound(url, response) : file(url, response);
    const { threads, reason } = await enableThreads({ threads: 2 });
    const sum = await tf.sum(tf.ones([10])).data();
    console.log(JSON.stringify({ threads, reason, sum: sum[0] }).replace(address, 'ADDRESS/'));
    stop();
  `);
  expect(started).toEqual({
    threads: 1,
    reason: `the threaded build did not start: ADDRESS/tfjs-backend-wasm-threaded-simd.wasm answered 404 Not Found. ${remedy}`,
    sum: 10,
  });
});
