// What activation maximization costs, in units of what cannot be avoided: value and gradient of the bare model (for a
// generator, of both together), on the same backend in the same process. Processor time, so that what else runs on the
// machine matters less.
//
//   pnpm --filter @cnnviz/actmax bench [lenet] [squeezenet] [--backend NAME] [--rounds N] [--json FILE]
//
// SqueezeNet is measured where CNNVIZ_DATA names its folder.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Cost, chooseBackend, costLine } from '@cnnviz/example-support';
import { ascentCosts, batchCost } from './ascents.ts';
import { lenetSubject, squeezeNetSubject } from './subjects.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
  },
});

const wants = (name: string) => positionals.length === 0 || positionals.includes(name);
const costs: Cost[] = [];
const report = (measured: readonly Cost[]) => {
  for (const cost of measured) console.log(costLine(cost));
  costs.push(...measured);
};

await chooseBackend({ argv: values.backend === undefined ? [] : ['--backend', values.backend] });
if (wants('lenet')) {
  const subject = lenetSubject();
  report(await ascentCosts(subject, Number(values.rounds ?? 3)));
  report([await batchCost(subject)]);
}
if (wants('squeezenet')) {
  const subject = await squeezeNetSubject();
  if (subject === undefined) console.log('SqueezeNet is not measured: CNNVIZ_DATA is not set');
  else report(await ascentCosts(subject, Number(values.rounds ?? 1)));
}
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(costs, null, 2));
