import { startBackend } from '@cnnviz/testing';
import { describe, expect, it } from 'vitest';
import { dataFolder, expectObviousCounts } from '../../test-support/squeezenet-on-mini-broden.ts';

describe.runIf(dataFolder)('SqueezeNet on mini-broden (needs CNNVIZ_DATA)', () => {
  it('gives the counts of the obvious way for some units of the last layer', async () => {
    await startBackend('wasm');
    const { firing } = await expectObviousCounts(['fire9_concat'], [0, 400]);
    expect(firing).toBeGreaterThan(50);
  });
});
