import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseBackend, progressBars, workspaceRoot, writeReport, writeWhole } from '@cnnviz/example-support';
import { agreementChapter } from './agreement-chapter.ts';
import { attackChapter } from './attack-chapter.ts';
import { foolingChapter } from './fooling-chapter.ts';
import { openRuntime, type RuntimeName, runtimeNames } from './runtime.ts';
import { openSubject } from './subject.ts';
import { unitsChapter } from './units-chapter.ts';

const USAGE = `Writes a network as an ONNX file, opens it in onnxruntime, and fools, attacks and dissects it there.

  --runtime NAME   ${runtimeNames.join(' or ')} (default: the first of them that is installed)
  --quick          fewer scenes, generations and queries
  --seed NUMBER    (default: 0)
  --out FOLDER     where the page and the file go (default: report/onnx, at the root of the repository)
  --backend NAME   of TensorFlow.js, for all but the network: tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the
                   first that starts)
  --help`;

const { values } = parseArgs({
  options: {
    runtime: { type: 'string' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '0' },
    out: { type: 'string' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const scales = {
  standard: { scenes: 300, attacked: 50, epsilons: [0, 2, 4, 8, 16], queries: 150, generations: 150, population: 60 },
  quick: { scenes: 60, attacked: 12, epsilons: [0, 8, 16], queries: 30, generations: 15, population: 20 },
};

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`--seed must be a whole number >= 0, got ${values.seed}`);
  const wanted = values.runtime;
  if (wanted !== undefined && !runtimeNames.some((name) => name === wanted)) {
    throw new RangeError(`--runtime must be ${runtimeNames.join(' or ')}, got ${wanted}`);
  }
  const scale = scales[values.quick ? 'quick' : 'standard'];
  const out = resolve(process.env.INIT_CWD ?? '.', values.out ?? resolve(workspaceRoot(), 'report/onnx'));
  const backend = await chooseBackend();
  const { name, runtime } = await openRuntime(wanted as RuntimeName | undefined);
  console.log(`runtime: ${name}`);
  const start = performance.now();
  const progress = progressBars({ stages: 3 });
  const subject = await openSubject(runtime, { count: scale.scenes, seed });
  try {
    const agreement = await agreementChapter(subject);
    const fooling = await progress.stage('evolving images', scale.generations, (update) =>
      foolingChapter(subject, { generations: scale.generations, populationSize: scale.population, seed, update }),
    );
    const attack = await progress.stage('attacking scenes', scale.epsilons.length, (update) =>
      attackChapter(subject, {
        epsilons: scale.epsilons,
        queries: scale.queries,
        count: scale.attacked,
        seed,
        update,
      }),
    );
    const units = await progress.stage('dissecting hidden outputs', 1, (update) => unitsChapter(subject, { update }));
    const seconds = (performance.now() - start) / 1000;
    const page = await writeReport(out, {
      title: 'A network in onnxruntime',
      intro: ['Everything here that needs no gradient takes a network that answers later, with a promise.'],
      facts: [
        { label: 'runtime', value: name },
        { label: 'backend for the rest', value: `${backend.name}, ${backend.detail}` },
        { label: 'seed', value: String(seed) },
        { label: 'time', value: `${seconds.toFixed(0)} s` },
      ],
      chapters: [agreement, fooling, attack, units.chapter],
    });
    await mkdir(out, { recursive: true });
    await writeWhole(join(out, 'units.html'), units.page);
    await writeWhole(join(out, 'scenes.onnx'), subject.file);
    console.log(`Everything took ${seconds.toFixed(0)} s. Open ${page}`);
  } finally {
    await subject.close();
  }
}
