import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  describeInBrowser,
  expectAccessible,
  expectNoSidewaysScrolling,
  type OpenedPage,
  openBrowser,
  openPage,
} from './open-page.ts';

const digitNetwork = fileURLToPath(new URL('../network', import.meta.url));

/** Takes any digit for a seven: [n, 28, 28, 1] times zeros, plus a bias. */
const graph = {
  format: 'graph-model',
  modelTopology: {
    node: [
      {
        name: 'x',
        op: 'Placeholder',
        attr: {
          dtype: { type: 'DT_FLOAT' },
          shape: { shape: { dim: [{ size: '-1' }, { size: '28' }, { size: '28' }, { size: '1' }] } },
        },
      },
      { name: 'shape', op: 'Const', attr: { dtype: { type: 'DT_INT32' } } },
      { name: 'kernel', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
      { name: 'bias', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
      { name: 'flat', op: 'Reshape', input: ['x', 'shape'], attr: { T: { type: 'DT_FLOAT' } } },
      { name: 'product', op: 'MatMul', input: ['flat', 'kernel'], attr: { T: { type: 'DT_FLOAT' } } },
      { name: 'logits', op: 'BiasAdd', input: ['product', 'bias'], attr: { T: { type: 'DT_FLOAT' } } },
    ],
    library: {},
    versions: {},
  },
  weightsManifest: [
    {
      paths: ['weights.bin'],
      weights: [
        { name: 'shape', shape: [2], dtype: 'int32' },
        { name: 'kernel', shape: [784, 10], dtype: 'float32' },
        { name: 'bias', shape: [10], dtype: 'float32' },
      ],
    },
  ],
};
const graphWeights = Buffer.concat([
  Buffer.from(Int32Array.of(-1, 784).buffer),
  Buffer.alloc(784 * 10 * 4),
  Buffer.from(Float32Array.from({ length: 10 }, (_, label) => (label === 7 ? 5 : 0)).buffer),
]);

describeInBrowser('the page', () => {
  let browser: Browser;
  let page: OpenedPage;
  let folder: string;
  let server: Server;
  let site: string;

  beforeAll(async () => {
    browser = await openBrowser();
    page = await openPage(browser, '');
    await page.tab.getByText('Backends on this machine').click();
    await page.tab.getByText('Use a model of your own').click();
    await press('3, first');
    await page.tab.getByText('It is taken for a 3').first().waitFor();
    folder = await mkdtemp(join(tmpdir(), 'models-'));
    const served: Record<string, Buffer | string> = {
      '/open/model.json': JSON.stringify(graph),
      '/open/weights.bin': graphWeights,
      '/closed/model.json': JSON.stringify(graph),
    };
    server = createServer((request, response) => {
      const body = served[request.url ?? ''];
      const isOpen = !request.url?.startsWith('/closed');
      response.writeHead(body === undefined ? 404 : 200, isOpen ? { 'Access-Control-Allow-Origin': '*' } : {});
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await page?.close();
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true });
  });

  const press = (name: string) => page.tab.getByRole('button', { name, exact: true }).click();
  const models = () => page.tab.locator('.setting', { has: page.tab.getByText('Use a model of your own') });
  const useBackend = async (name: string) => {
    await page.tab.getByLabel('Compute with').selectOption(name);
    await page.tab.locator('#backend:enabled').waitFor();
  };
  /** A copy of the digit network in a folder of that name, changed. */
  const copyNetwork = async (name: string, change: (model: NetworkFile) => void = () => {}) => {
    const copy = join(folder, name);
    await cp(digitNetwork, copy, { recursive: true });
    const model = JSON.parse(await readFile(join(copy, 'model.json'), 'utf8')) as NetworkFile;
    change(model);
    await writeFile(join(copy, 'model.json'), JSON.stringify(model));
    return copy;
  };
  const give = async (path: string) => {
    await page.tab.getByLabel('Drop its folder here').setInputFiles(path);
  };
  const giveUrl = async (url: string) => {
    await page.tab.getByLabel('Or its address').fill(url);
    await press('Load');
  };
  const complaint = (words: string | RegExp) =>
    expect.poll(() => models().getByRole('alert').textContent(), { timeout: 20_000 }).toMatch(words);

  it('opens at the first chapter, on the backend of its address, which it names', async () => {
    expect(await page.tab.getByRole('heading', { level: 2 }).textContent()).toBe('A digit of yours');
    expect(await page.tab.getByLabel('Compute with').inputValue()).toBe('wasm');
    await page.tab.getByText('the processor, one thread').waitFor();
    await expectNoSidewaysScrolling(page.tab);
    await expectAccessible(page.tab);
    expect(page.complaints).toEqual([]);
  });

  it('leads to each chapter and back, by keyboard', async () => {
    const links = page.tab.getByRole('navigation').getByRole('link');
    for (let index = (await links.count()) - 1; index >= 0; index--) {
      const title = (await links.nth(index).textContent())!;
      await links.nth(index).focus();
      await page.tab.keyboard.press('Enter');
      await page.tab.getByRole('heading', { level: 2, name: title }).waitFor();
      expect(await page.tab.evaluate(() => document.activeElement?.tagName)).toBe('H2');
      expect(await page.tab.title()).toBe(`${title} – cnnviz playground`);
    }
    expect(page.complaints).toEqual([]);
  });

  it('switches the backend, stops what runs before, and keeps no tensor', async () => {
    const counts: number[] = [];
    for (let round = 0; round < 2; round++) {
      await page.tab.getByLabel('Attack').selectOption({ label: 'Carlini-Wagner' });
      await press('Find the smallest change');
      await page.tab.getByText(/^step \d+ of at most 500$/).waitFor();
      await useBackend('webgl');
      await page.tab.getByText('Computing with WebGL.').waitFor();
      await page.tab.getByText('Stopped.').waitFor();
      await press('Clear');
      await press('7, second');
      await page.tab.getByText('It is taken for a 7').first().waitFor();
      await useBackend('wasm');
      await page.tab.getByText('Computing with WebAssembly.').waitFor();
      await press('Clear');
      await press('3, first');
      await page.tab.getByText('It is taken for a 3').first().waitFor();
      counts.push(await page.countTensors());
    }
    expect(counts[1]).toBe(counts[0]);
  });

  it('says what is wrong with a folder', async () => {
    const before = await page.countTensors();
    const notes = join(folder, 'notes');
    await mkdir(notes);
    await writeFile(join(notes, 'keras.h5'), '');
    await give(notes);
    await complaint('the given files: expected a model.json and the files that it names, found notes/keras.h5.');

    const torn = await copyNetwork('torn');
    await rm(join(torn, 'weights.bin'));
    await give(torn);
    await complaint('torn/weights.bin: expected a model file, found only torn/model.json: provide the whole folder');

    const short = await copyNetwork('short');
    await writeFile(join(short, 'weights.bin'), Buffer.alloc(1000));
    await give(short);
    await complaint(/short\/weights\.bin: expected \d+ bytes of weights, found 1000/);

    const flat = await copyNetwork('flat', ({ modelTopology, weightsManifest }) => {
      modelTopology.config.layers = modelTopology.config.layers.slice(-1);
      modelTopology.config.layers[0]!.config.batch_input_shape = [null, 64];
      weightsManifest[0]!.weights = weightsManifest[0]!.weights.filter(({ name }) => name.startsWith('logits'));
    });
    await writeFile(join(flat, 'weights.bin'), Buffer.alloc((64 * 10 + 10) * 4));
    await give(flat);
    await complaint('The model takes inputs of the shape [?, 64].');

    const text = join(folder, 'text');
    await mkdir(text);
    await writeFile(join(text, 'model.json'), 'no model');
    await give(text);
    await complaint('text/model.json: expected a TensorFlow.js model');
    expect(await page.countTensors()).toBe(before);
    await expectAccessible(page.tab);
  });

  it('says what is wrong with an address', async () => {
    await giveUrl(`${site}/nowhere/model.json`);
    await complaint(`${site}/nowhere/model.json: expected a model file, found HTTP 404`);
    await giveUrl(`${site}/closed`);
    await complaint(/closed\/model\.json: expected a model file, got no response .* \(CORS\)/s);
    // The browser itself writes both into the console.
    expect(page.complaints.filter((line) => !/404|CORS|ERR_FAILED/.test(line))).toEqual([]);
    page.complaints.length = 0;
  });

  it('uses the digit network of a folder, and the one before after it', async () => {
    const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const before = await page.countTensors();
    await give(
      await copyNetwork('words', ({ userDefinedMetadata }) => {
        userDefinedMetadata.cnnviz.labels = words;
      }),
    );
    await page.tab.getByText('It replaces the digit network.').waitFor();
    await page.tab.getByText('It is taken for a three').first().waitFor();
    await useBackend('webgl');
    await page.tab.getByText('It is taken for a three').first().waitFor();
    await page.tab.getByText('It replaces the digit network.').waitFor();
    await useBackend('wasm');
    await press('Back to the networks of this page');
    await page.tab.getByText('It is taken for a 3').first().waitFor();
    expect(await page.countTensors()).toBe(before);
  });

  it('uses a graph from an address, and files that are dropped', async () => {
    await giveUrl(`${site}/open`);
    await page.tab.getByText('Your network is in use: images of 28 x 28 x 1, 10 classes').waitFor();
    await page.tab.getByText('It is taken for a 7').first().waitFor();
    await press('Back to the networks of this page');
    await page.tab.getByText('It is taken for a 3').first().waitFor();

    const transfer = await page.tab.evaluateHandle(
      ([json, weights]) => {
        const data = new DataTransfer();
        data.items.add(new File([json!], 'model.json'));
        data.items.add(new File([Uint8Array.from(atob(weights!), (c) => c.charCodeAt(0))], 'weights.bin'));
        return data;
      },
      [JSON.stringify(graph), graphWeights.toString('base64')],
    );
    await page.tab.locator('.drop').dispatchEvent('drop', { dataTransfer: transfer });
    await page.tab.getByText('It is taken for a 7').first().waitFor();
    expect(page.complaints).toEqual([]);
  });

  it('says of each backend what it runs on, and takes one that is no imitation', async () => {
    const opened = await openPage(browser, 'digit', { backend: 'none' });
    expect(await opened.tab.getByLabel('Compute with').inputValue()).toBe('wasm');
    await opened.tab.getByText('Backends on this machine').click();
    const notes = await opened.tab.locator('#backend-notes li').allTextContents();
    expect(notes.map((note) => note.trim().split(/[: ]/)[0])).toEqual(['webgpu', 'webgl', 'wasm']);
    expect(notes.filter((note) => note.includes('the processor imitating a graphics card'))).toHaveLength(2);
    await opened.close();
  });
});

interface NetworkFile {
  modelTopology: { config: { layers: { config: { batch_input_shape?: (number | null)[] } }[] } };
  weightsManifest: { weights: { name: string }[] }[];
  userDefinedMetadata: { cnnviz: { labels: string[] } };
}
