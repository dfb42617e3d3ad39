import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseBackend } from '@cnnviz/example-support';
import '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { complaintsAbout, digestOfReport, type Round, soak } from './soak.ts';

const remains = { tensors: 3, tensorBytes: 12, wasmHeap: 1e6, jsHeap: 5e7, resident: 2e8 };
const rounds = (
  count: number,
  change: (round: number) => Partial<Round['remains']> & { digest?: string } = () => ({}),
) =>
  Array.from({ length: count }, (_, index): Round => {
    const { digest = 'same', ...others } = change(index + 1);
    return { round: index + 1, seconds: 1, digest, remains: { ...remains, ...others } };
  });

describe('soak', () => {
  it('works until it is enough, and says what each round left', async () => {
    const held: tf.Tensor[] = [];
    const seen: number[] = [];
    await chooseBackend({ argv: ['--backend', 'cpu'], print: () => {} });
    const done = await soak({
      work: async () => {
        held.push(tf.zeros([5]));
        return 'same';
      },
      isEnough: ({ length }) => length === 3,
      onRound: ({ round }) => seen.push(round),
    });
    expect(seen).toEqual([1, 2, 3]);
    const [first, , last] = done.map(({ remains }) => remains);
    expect(last!.tensors - first!.tensors).toBe(2);
    expect(last!.tensorBytes - first!.tensorBytes).toBe(40);
    expect(complaintsAbout(done)).toHaveLength(2);
    tf.dispose(held);
  });
});

describe('complaintsAbout', () => {
  it('are none where nothing changes, and of a start that settles', () => {
    expect(complaintsAbout(rounds(8))).toEqual([]);
    const settles = rounds(8, (round) => ({
      wasmHeap: round < 3 ? round * 4e5 : 1e6,
      resident: round < 3 ? 1e8 : 2e8,
    }));
    expect(complaintsAbout(settles)).toEqual([]);
    const settlesLater = rounds(12, (round) => ({ wasmHeap: round < 4 ? 1e6 : 1.2e6 }));
    expect(complaintsAbout(settlesLater)).toEqual([]);
    const wanders = rounds(9, (round) => ({ resident: 2e8 + (round % 3) * 5e7 }));
    expect(complaintsAbout(wanders)).toEqual([]);
  });

  it('name a heap that grows once in a long while', () => {
    const leaks = rounds(40, (round) => ({ wasmHeap: round < 25 ? 1e6 : 1.2e6 }));
    expect(complaintsAbout(leaks)).toEqual([expect.stringContaining('wasmHeap: ')]);
  });

  it('name other results, and each kind of memory that grows', () => {
    expect(complaintsAbout(rounds(8, (round) => (round === 5 ? { digest: 'other' } : {})))).toEqual([
      'the results of round 5 are not those of round 1',
    ]);
    for (const what of ['tensors', 'wasmHeap', 'jsHeap', 'resident'] as const) {
      const grows = rounds(8, (round) => ({ [what]: remains[what] * (1 + round / 10) }));
      expect(complaintsAbout(grows), what).toEqual([expect.stringContaining(`${what}: `)]);
    }
  });
});

describe('digestOfReport', () => {
  it('is of all files, but not of the time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'soak-test-'));
    const digestOf = async (page: string, picture: string) => {
      await writeFile(join(folder, 'index.html'), page);
      await writeFile(join(folder, 'a.png'), picture);
      return digestOfReport(folder);
    };
    try {
      const digest = await digestOf('<dd>12 s</dd><dd>97 %</dd>', 'picture');
      expect(await digestOf('<dd>15 s</dd><dd>97 %</dd>', 'picture')).toBe(digest);
      expect(await digestOf('<dd>12 s</dd><dd>96 %</dd>', 'picture')).not.toBe(digest);
      expect(await digestOf('<dd>12 s</dd><dd>97 %</dd>', 'other picture')).not.toBe(digest);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
