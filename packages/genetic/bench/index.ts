// What evolution costs, in units of what cannot be avoided: evaluations against DEAP's, generations against the forward
// passes of their images. Ratios within one process on one backend.
//
//   pnpm --filter @cnnviz/genetic bench [onemax] [lenet] [squeezenet] [--backend NAME] [--generations N] [--json FILE]
//
// DEAP is measured where `python3` can import it (pip install deap), SqueezeNet where CNNVIZ_DATA names its folder.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Cost, chooseBackend, costLine } from '@cnnviz/example-support';

import { imageCosts, lenetSubject, squeezeNetSubject } from './images.ts';
import { oneMaxCosts } from './one-max.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string' },
    generations: { type: 'string' },
    json: { type: 'string' },
  },
});

const wants = (name: string) => positionals.length === 0 || positionals.includes(name);
const costs: Cost[] = [];
const note = (found: Cost[]) => {
  for (const cost of found) console.log(costLine(cost));
  costs.push(...found);
};

if (wants('onemax')) note(await oneMaxCosts());
if (wants('lenet') || wants('squeezenet')) {
  await chooseBackend({ argv: values.backend === undefined ? [] : ['--backend', values.backend] });
  if (wants('lenet')) note(await imageCosts(lenetSubject(), Number(values.generations ?? 30)));
  if (wants('squeezenet')) {
    const subject = await squeezeNetSubject();
    if (subject === undefined) console.log('SqueezeNet is not measured: CNNVIZ_DATA is not set');
    else note(await imageCosts(subject, Number(values.generations ?? 3)));
  }
}
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(costs, null, 2));
