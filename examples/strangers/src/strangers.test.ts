import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workspaceRoot } from '@cnnviz/example-support';
import { useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { examine } from './examine.ts';
import { humanGraphs, inputGradientOf } from './input-gradients.ts';
import { reasonWithout } from './installed.ts';
import { publishedNetworks } from './networks.ts';
import { openPictures, quick } from './subject.ts';
import { gradientTable, statusTable } from './table.ts';

useBackend('wasm');

/** Takes minutes, on networks that have to be fetched first. */
const reason =
  process.env.CNNVIZ_STRANGERS === undefined
    ? 'CNNVIZ_STRANGERS does not name the folder that examples/strangers/install.sh made'
    : publishedNetworks.map(({ packageName }) => reasonWithout(packageName)).find((each) => each !== undefined);

describe.skipIf(reason !== undefined)(
  `networks of others${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const docs = () => readFile(join(workspaceRoot(), 'docs/networks.md'), 'utf8');

    it.each(publishedNetworks)('$name goes through every package as the docs say', async (network) => {
      const before = tf.memory().numTensors;
      const examined = await examine(network, await openPictures(process.env.CNNVIZ_DATA), quick);
      expect(tf.memory().numTensors).toBe(before);
      const failed = examined.findings.filter(({ status }) => status === 'fails');
      expect(failed.map(({ procedure, text }) => `${procedure}: ${text}`)).toEqual([]);
      const row = statusTable([examined]).split('\n').at(-1)!;
      expect((await docs()).split('\n').map(withoutSpaces)).toContain(withoutSpaces(row));
    });

    it('38 of 41 graphs have the gradient that differences say, and the docs name the others', async () => {
      const gradients = [];
      for (const graph of await humanGraphs()) gradients.push(await inputGradientOf(graph));
      const found = gradients.filter(({ reason }) => reason === undefined);
      expect([found.length, gradients.length]).toEqual([38, 41]);
      const isRight = ({ ratios }: (typeof found)[0]) => ratios!.some((ratio) => Math.abs(ratio - 1) < 0.1);
      // It is saturated: neither gradient nor difference is more than rounding.
      expect(found.filter((each) => !isRight(each)).map(({ name }) => name)).toEqual(['gender-ssrnet-imdb']);
      const page = (await docs()).split('\n').map(withoutSpaces);
      expect(page).toEqual(expect.arrayContaining(gradientTable(gradients).split('\n').map(withoutSpaces)));
    });
  },
);

const withoutSpaces = (line: string) => line.replaceAll(/ +|-{3,}/g, ' ');
