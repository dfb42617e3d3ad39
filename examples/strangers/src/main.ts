import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { type Chapter, option, runExample, workspaceRoot, writeWhole } from '@cnnviz/example-support';
import { type Examined, examine, procedures } from './examine.ts';
import { humanGraphs, type InputGradient, inputGradientOf } from './input-gradients.ts';
import { reasonWithout } from './installed.ts';
import { publishedNetworks } from './networks.ts';
import { openPictures, whole } from './subject.ts';
import { findingLists, gradientTable, statusTable } from './table.ts';

/** Everything behind this line is what a run found. */
const MARK = '<!-- Written by `pnpm --filter @cnnviz/example-strangers start --docs`. -->';

await runExample({
  folder: 'report/strangers',
  summary:
    'Puts networks that others published on npm through every package, and writes a page of the results. examples/strangers/install.sh fetches them first; CNNVIZ_DATA names a folder of photographs, or scenes are drawn.',
  options: {
    only: option.oneOf(
      publishedNetworks.map(({ name }) => name),
      'one network, such as posenet',
    ),
    docs: option.flag('writes the tables into docs/networks.md too'),
  },
  stages: ({ only }) => chosenOf(only).length + 1,
  async run({ only, docs }, { backend, progress }) {
    const chosen = chosenOf(only);
    const missing = chosen.map(({ packageName }) => reasonWithout(packageName)).find((reason) => reason !== undefined);
    if (missing !== undefined) throw new Error(missing);

    const pictures = await openPictures(process.env.CNNVIZ_DATA);
    const examined: Examined[] = [];
    for (const network of chosen) {
      let done = 0;
      examined.push(
        await progress.stage(network.name, procedures.length, (update) =>
          examine(network, pictures, whole, (procedure) => update(done++, procedure)),
        ),
      );
    }
    const graphs = only === undefined ? await humanGraphs() : [];
    const gradients = await progress.stage('input gradients', graphs.length, async (update) => {
      const found: InputGradient[] = [];
      for (const [i, graph] of graphs.entries()) {
        update(i, graph);
        found.push(await inputGradientOf(graph));
      }
      return found;
    });
    const processor = cpus()[0]?.model ?? 'an unknown processor';
    const machine = `${backend.name} (${backend.detail}), Node ${process.versions.node}, ${processor}`;
    const made = `Run on ${machine}; ${pictures.description}.`;
    const [statuses, findings] = [statusTable(examined), findingLists(examined)];
    if (docs) await writeDocs([made, statuses, gradientTable(gradients), '## Results', findings]);
    return {
      page: { title: 'Networks that others published', intro: [made], chapters: examined.map(chapterOf) },
      lines: [[statuses, findings, ...(gradients.length ? [gradientTable(gradients)] : []), made].join('\n\n')],
    };
  },
});

function chosenOf(only: string | undefined) {
  return publishedNetworks.filter(({ name }) => only === undefined || name === only);
}

function chapterOf({ network, findings }: Examined): Chapter {
  return {
    id: network.name,
    title: `${network.name}: ${network.task}`,
    intro: [],
    figures: [
      {
        kind: 'table',
        caption: 'What each package found',
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
