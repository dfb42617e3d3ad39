import '@cnnviz/testing';
import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPhoto } from './photo.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-photo-'));
  path = join(folder, 'photo');
});
afterAll(() => rm(folder, { recursive: true }));

/** 12 x 4 pixels: red, green and blue squares side by side. */
const stripes = (channels: 3 | 4) =>
  Uint8Array.from({ length: 12 * 4 * channels }, (_, i) => {
    const channel = i % channels;
    const square = Math.floor((Math.floor(i / channels) % 12) / 4);
    return channel === 3 || channel === square ? 255 : 0;
  });

describe('readPhoto', () => {
  it.each([3, 4] as const)('cuts the center out of a PNG file of %s channels', async (channels) => {
    await writeFile(path, encode({ width: 12, height: 4, channels, data: stripes(channels) }));
    const before = tf.memory().numTensors;
    const photo = await readPhoto(path, { size: 4 });
    expect(photo.shape).toEqual([4, 4, 3]);
    expect([...(await photo.data())]).toEqual(Array.from({ length: 16 }, () => [0, 1, 0]).flat());
    photo.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('spreads gray over three channels', async () => {
    await writeFile(path, encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(51) }));
    const photo = await readPhoto(path, { size: 1 });
    for (const value of await photo.data()) expect(value).toBeCloseTo(0.2, 6);
  });

  it('reads JPEG and scales', async () => {
    const data = new Uint8Array(32 * 48 * 4).fill(102);
    await writeFile(path, jpeg.encode({ width: 32, height: 48, data }, 95).data);
    const photo = await readPhoto(path, { size: 24 });
    expect(photo.shape).toEqual([24, 24, 3]);
    for (const value of await photo.data()) expect(Math.abs(value - 0.4)).toBeLessThan(0.01);
  });

  it('rejects a JPEG that claims more pixels than it has bits for', async () => {
    const file = Buffer.from(jpeg.encode({ width: 16, height: 16, data: new Uint8Array(16 * 16 * 4) }, 90).data);
    const frame = file.indexOf(Uint8Array.of(0xff, 0xc0));
    file.set([0x23, 0x28, 0x23, 0x28], frame + 5); // 9000 x 9000
    await writeFile(path, file);
    await expect(readPhoto(path, { size: 4 })).rejects.toThrow(/found a damaged one: maxResolutionInMP/);
  });

  it.each([
    ['another format', Buffer.from('GIF89a'), 'expected a JPEG or PNG file, found one that starts with 47 49 46 38'],
    ['a cut JPEG file', Buffer.from([0xff, 0xd8, 0xff]), 'expected a JPEG or PNG file, found a damaged one'],
    ['a cut PNG file', Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'expected a JPEG or PNG file, found a damaged one'],
    ['16 bits', encode({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(1) }), '16 bits a channel'],
  ])('rejects %s, naming the file', async (_, file, message) => {
    await writeFile(path, file);
    await expect(readPhoto(path, { size: 4 })).rejects.toThrow(message);
    await expect(readPhoto(path, { size: 4 })).rejects.toThrow(path);
  });

  it('names a file that is missing', async () => {
    const missing = join(folder, 'nothing.jpg');
    await expect(readPhoto(missing, { size: 4 })).rejects.toThrow(`${missing}: expected a photograph, found ENOENT`);
  });
});
