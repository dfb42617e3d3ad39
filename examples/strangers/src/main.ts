import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Chapter,
  chooseBackend,
  progressBars,
  workspaceRoot,
  writeReport,
  writeWhole,
} from '@cnnviz/example-support';
import { type Examined, examine, procedures } from './examine.ts';
import { humanGraphs, type InputGradient, inputGradientOf } from './input-gradients.ts';
import { reasonWithout } from './installed.ts';
import { publishedNetworks } from './networks.ts';
import { openPictures, whole } from './subject.ts';
import { findingLists, gradientTable, statusTable } from './table.ts';

const USAGE = `Puts networks that others published on npm through every package, and writes a page of what came of it.
examples/strangers/install.sh fetches them first; CNNVIZ_DATA names a folder of photographs, or scenes are drawn.

  --only NAME      of one network, such as posenet
  --docs           writes the tables into docs/networks.md too
  --out FOLDER     where the page goes (default: report/strangers, at the root of the repository)
  --backend NAME   tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first that starts)
  --help`;

/** Everything behind this line is what a run found. */
const MARK = '<!-- Written by `pnpm --filter @cnnviz/example-strangers start --docs`. -->';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    docs: { type: 'boolean', default: false },
    out: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const chosen = publishedNetworks.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0) {
    throw new RangeError(`--only must be one of ${publishedNetworks.map(({ name }) => name).join(', ')}`);
  }
  const missing = chosen.map(({ packageName }) => reasonWithout(packageName)).find((reason) => reason !== undefined);
  if (missing !== undefined) throw new Error(missing);

  const { name: backend, detail } = await chooseBackend();
  const pictures = await openPictures(process.env.CNNVIZ_DATA);
  const progress = progressBars({ stages: chosen.length + 1 });
  const examined: Examined[] = [];
  for (const network of chosen) {
    let done = 0;
    examined.push(
      await progress.stage(network.name, procedures.length, (update) =>
        examine(network, pictures, whole, (procedure) => update(done++, procedure)),
      ),
    );
  }
  const graphs = values.only === undefined ? await humanGraphs() : [];
  const gradients = await progress.stage('input gradients', graphs.length, async (update) => {
    const found: InputGradient[] = [];
    for (const [i, graph] of graphs.entries()) {
      update(i, graph);
      found.push(await inputGradientOf(graph));
    }
    return found;
  });
  const machine = `${backend} (${detail}), Node ${process.versions.node}, ${cpus()[0]?.model ?? 'an unknown processor'}`;
  const made = `Run on ${machine}; ${pictures.description}.`;
  console.log(
    [statusTable(examined), findingLists(examined), ...(gradients.length ? [gradientTable(gradients)] : [])].join(
      '\n\n',
    ),
  );
  const from = process.env.INIT_CWD ?? '.';
  const out = values.out === undefined ? resolve(workspaceRoot(), 'report/strangers') : resolve(from, values.out);
  const page = await writeReport(out, {
    title: 'Networks that others published',
    intro: [made],
    chapters: examined.map(chapterOf),
  });
  console.log(`\n${made}\n${page}`);
  if (values.docs)
    await writeDocs([
      made,
      statusTable(examined),
      gradientTable(gradients),
      '## What came of it',
      findingLists(examined),
    ]);
}

function chapterOf({ network, findings }: Examined): Chapter {
  return {
    id: network.name,
    title: `${network.name}: ${network.task}`,
    intro: [],
    figures: [
      {
        kind: 'table',
        caption: 'What came of it',
        columns: ['', ''],
        rows: findings.map(({ procedure, status, text }) => [
          procedure,
          status === 'works' ? text : `${status}: ${text}`,
        ]),
      },
      ...findings.flatMap(({ procedure, pictures }) =>
        pictures.length === 0 ? [] : [{ kind: 'pictures' as const, caption: procedure, rows: [{ cells: pictures }] }],
      ),
    ],
  };
}

async function writeDocs(parts: readonly string[]): Promise<void> {
  const path = resolve(workspaceRoot(), 'docs/networks.md');
  const [before] = (await readFile(path, 'utf8')).split(MARK);
  await writeWhole(path, `${before}${[MARK, ...parts].join('\n\n')}\n`);
}
