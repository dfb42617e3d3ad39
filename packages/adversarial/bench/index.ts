// What an attack costs, in units of what cannot be avoided: value and gradient of the bare model, on the same backend in
// the same process.
//
//   pnpm --filter @cnnviz/adversarial bench [lenet] [squeezenet] [--backend NAME] [--rounds N] [--json FILE]
//
// SqueezeNet is measured where CNNVIZ_DATA names its folder.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Cost, chooseBackend, costLine } from '@cnnviz/example-support';
import { attackCosts } from './attacks.ts';
import { lenetSubject, type Subject, squeezeNetSubject } from './subjects.ts';

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
const measure = async (subject: Subject, rounds: number) => {
  for (const cost of await attackCosts(subject, Number(values.rounds ?? rounds))) {
    console.log(costLine(cost));
    costs.push(cost);
  }
};

await chooseBackend({ argv: values.backend === undefined ? [] : ['--backend', values.backend] });
if (wants('lenet')) await measure(lenetSubject(), 5);
if (wants('squeezenet')) {
  const subject = await squeezeNetSubject();
  if (subject === undefined) console.log('SqueezeNet is not measured: CNNVIZ_DATA is not set');
  else await measure(subject, 3);
}
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(costs, null, 2));
