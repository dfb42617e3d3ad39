import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  compareDissections,
  conceptScenes,
  dissectionReport,
  dissectionStatistics,
  dissectLayers,
} from '@cnnviz/dissect';
import { useBackend } from '@cnnviz/testing';
import { damagedJson, damagedText, fuzz } from '@cnnviz/testing/damaged';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DissectedEpoch } from './experiment.ts';
import { isDissectedEpoch, isShare, remember } from './kept-results.ts';
import { layerNames } from './scene-network.ts';

useBackend('cpu');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnnviz-damaged-'));
});
afterAll(() => rm(folder, { recursive: true }));

const isDocumented = ({ message }: Error) => /^(\S*kept\.json: expected |@cnnviz\/dissect: )/.test(message);

/** Reads a file of this text, which is computed again only where there is none. */
async function read<T>(text: string, isWhole: (kept: unknown) => boolean): Promise<T> {
  const path = join(folder, 'kept.json');
  await writeFile(path, text);
  return remember<T>(path, isWhole, () => Promise.reject(new Error('was not read')));
}

describe('damaged files', () => {
  it('of dissections are taken or refused', async () => {
    const scenes = conceptScenes({ seed: 0, count: 3, size: 16 });
    const dissections = await dissectLayers({
      probe: (images) => Object.fromEntries(layerNames.map((name) => [name, images])),
      concepts: scenes,
      upsampling: Object.fromEntries(layerNames.map((name) => [name, 'half-pixel'])),
      quantile: 0.9,
      topImages: 1,
      chance: { permutations: 3 },
    });
    const file: DissectedEpoch = { epoch: 2, dissections };
    const use = async (text: string) => {
      const { dissections } = await read<DissectedEpoch>(text, isDissectedEpoch(2, scenes));
      compareDissections(dissections.map((dissection) => ({ dissection })));
      const [dissection] = dissections;
      if (dissection!.chance !== null) dissectionStatistics(dissection!, { resamples: 1 });
      await dissectionReport([{ dissection: dissection! }], { concepts: scenes });
    };
    await use(JSON.stringify(file));
    // Of the first layer alone, where most damage would be to the other three.
    const ofOne = damagedJson(dissections[0]!).map((first) => ({
      ...file,
      dissections: [first, ...dissections.slice(1)],
    }));
    const damaged = fc.oneof(
      ofOne.map((json) => JSON.stringify(json)),
      damagedJson(file).map((json) => JSON.stringify(json) ?? ''),
      damagedText(JSON.stringify(file)),
    );
    await fuzz(damaged, use, isDocumented);
  });

  it('of an accuracy are taken or refused', async () => {
    const use = async (text: string) => expect(await read<number>(text, isShare)).toBeLessThanOrEqual(1);
    await fuzz(damagedText('0.625'), use, isDocumented);
  });
});
