// What a dissection costs, in units of what cannot be avoided: the forward passes of its probe on the same images, in the
// same process and on the same backend. Decoding images is reported apart.
//
//   pnpm --filter @cnnviz/dissect bench [--backend NAME] [--images N] [--layer NAME] [--json FILE]
//
// SqueezeNet on mini-broden is measured where CNNVIZ_DATA names their folder; memory by noise.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Cost, chooseBackend, costLine, loadSqueezeNet } from '@cnnviz/example-support';
import { openBroden } from '../src/index.ts';
import { dissectionCosts } from './dissection-costs.ts';
import { memoryForBroden } from './memory-for-broden.ts';

const { values } = parseArgs({
  options: {
    backend: { type: 'string' },
    images: { type: 'string' },
    layer: { type: 'string', default: 'fire9_concat' },
    json: { type: 'string' },
  },
});
const folder = process.env.CNNVIZ_DATA;
const costs: Cost[] = [];
await chooseBackend({ argv: values.backend === undefined ? [] : ['--backend', values.backend] });
costs.push(await memoryForBroden());
if (!folder) console.log('SqueezeNet is not measured: CNNVIZ_DATA is not set');
else {
  const network = await loadSqueezeNet(join(folder, 'models'));
  const concepts = await openBroden((path) => readFile(join(folder, 'mini-broden', path)));
  const count = Math.min(concepts.count, Number(values.images ?? concepts.count));
  costs.push(...(await dissectionCosts(network, { ...concepts, count }, values.layer)));
}
for (const cost of costs) console.log(costLine(cost));
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(costs, null, 2));
