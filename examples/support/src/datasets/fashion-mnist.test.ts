import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadProgress } from './download.ts';
import { fashionMnist, fillFashionCache } from './fashion-mnist.ts';

const debian = '/usr/share/datasets/fashion-mnist';
const names = [
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
];
const isInstalled = existsSync(debian);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-fashion-'));
});
afterEach(() => rm(folder, { recursive: true }));

function idx(shape: number[], fill = 0): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([
    header,
    Buffer.alloc(
      shape.reduce((product, size) => product * size, 1),
      fill,
    ),
  ]);
}

describe('fashionMnist in a given folder', () => {
  const trainImages = () => join(folder, 'train-images-idx3-ubyte.gz');

  it('names the file that is missing', async () => {
    await expect(fashionMnist({ folder })).rejects.toThrow(`${trainImages()}: expected a file, found no such file`);
  });

  it('names a truncated gzip file and its size', async () => {
    await writeFile(trainImages(), gzipSync(idx([100, 28, 28], 3)).subarray(0, 60));
    await expect(fashionMnist({ folder })).rejects.toThrow(
      `${trainImages()}: expected a complete gzip file, found 60 bytes: unexpected end of file`,
    );
  });

  it('names a corrupt gzip file', async () => {
    const file = gzipSync(idx([100, 28, 28], 3));
    file[file.length - 6]! ^= 1; // the checksum
    await writeFile(trainImages(), file);
    await expect(fashionMnist({ folder })).rejects.toThrow(
      /train-images-idx3-ubyte\.gz: expected a complete gzip file/,
    );
  });

  it('names a file of another kind', async () => {
    await writeFile(trainImages(), '<html>Sign in to the network</html>');
    await expect(fashionMnist({ folder })).rejects.toThrow(
      `${trainImages()}: expected an IDX file, which starts with 00 00, found the bytes 3c 68 74 6d`,
    );
  });

  it('names a file of another size, plain ones too', async () => {
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idx([100, 28, 28]));
    await expect(fashionMnist({ folder })).rejects.toThrow(
      `${join(folder, 'train-images-idx3-ubyte')}: expected uint8 [60000, 28, 28], found uint8 [100, 28, 28]`,
    );
  });

  it("tells MNIST's files, which are named alike, from its own", async () => {
    await writeFile(trainImages(), gzipSync(idx([60_000, 28, 28])));
    await expect(fashionMnist({ folder })).rejects.toThrow(
      /expected Fashion-MNIST's content with SHA-256 c59f468a.+, found [0-9a-f]{64}$/,
    );
  });
});

describe.skipIf(!isInstalled)(`fashionMnist of Debian (skipped unless ${debian} is there)`, () => {
  it('has 6,000 + 1,000 images of each class', async () => {
    const { train, test } = await fashionMnist();
    expect(train).toMatchObject({ name: 'Fashion-MNIST', shape: [28, 28, 1], bounds: [0, 1] });
    expect([train.images.length, test.images.length]).toEqual([60_000 * 784, 10_000 * 784]);
    for (const [part, count] of [
      [train, 6000],
      [test, 1000],
    ] as const) {
      expect(part.classes.map((_, label) => part.labels.filter((l) => l === label).length)).toEqual(
        Array(10).fill(count),
      );
    }
    // The first labels as in the README of the data set's authors: boot, T-shirt, T-shirt, dress.
    expect([...train.labels.subarray(0, 4)].map((label) => train.classes[label])).toEqual([
      'Ankle boot',
      'T-shirt/top',
      'T-shirt/top',
      'Dress',
    ]);
  });

  it('reads plain files, and gzip where both are there', async () => {
    for (const name of names.slice(1)) await symlink(join(debian, `${name}.gz`), join(folder, `${name}.gz`));
    await writeFile(join(folder, names[0]!), gunzipSync(await readFile(join(debian, `${names[0]}.gz`))));
    await writeFile(join(folder, names[1]!), 'not read');
    const { test } = await fashionMnist({ folder });
    expect(test.labels.length).toBe(10_000);
  });

  describe('downloaded', () => {
    let official: Map<string, Buffer>;
    let server: Server;
    let source: string;
    let requests: string[];

    beforeAll(async () => {
      // Debian took the names and times out of the gzip headers; with them the files are the authors' own, byte for byte.
      const files = names.map(async (name) => {
        const repacked = await readFile(join(debian, `${name}.gz`));
        const header = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
        header.writeUInt32LE(name.startsWith('train') ? 1504176606 : 1504176627, 4);
        return [`/${name}.gz`, Buffer.concat([header, Buffer.from(`${name}\0`), repacked.subarray(10)])] as const;
      });
      official = new Map(await Promise.all(files));
      server = createServer((request, response) => {
        requests.push(request.url!);
        const file = official.get(request.url!);
        if (file === undefined) response.writeHead(404).end();
        else response.end(file);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      source = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    beforeEach(() => {
      requests = [];
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    it('fills the cache once and can be read from it', async () => {
      const progress: DownloadProgress[] = [];
      await fillFashionCache(folder, { source, onProgress: (p) => void progress.push(p) });
      expect((await readdir(folder)).sort()).toEqual(names.map((name) => `${name}.gz`));
      expect(new Set(progress.map((p) => p.url)).size).toBe(4);
      expect((await fashionMnist({ folder })).train.labels.length).toBe(60_000);

      expect(requests).toHaveLength(4);
      await fillFashionCache(folder, { source });
      expect(requests).toHaveLength(4);
    });

    it('downloads only what is missing', async () => {
      for (const name of names.slice(1)) await copyFile(join(debian, `${name}.gz`), join(folder, `${name}.gz`));
      await fillFashionCache(folder, { source });
      expect(requests).toEqual(['/t10k-images-idx3-ubyte.gz']);
    });

    it('rejects a changed file by its SHA-256 and leaves nothing', async () => {
      const name = '/train-images-idx3-ubyte.gz';
      const right = official.get(name)!;
      const changed = Buffer.from(right);
      changed[1_000_000]! ^= 1;
      official.set(name, changed);
      try {
        await expect(fillFashionCache(folder, { source })).rejects.toThrow(
          /train-images-idx3-ubyte\.gz: expected 26421880 bytes with SHA-256 3aede38d.+, found SHA-256 /,
        );
        expect(await readdir(folder)).toEqual([]);
      } finally {
        official.set(name, right);
      }
    });
  });
});
