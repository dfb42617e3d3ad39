import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dissectionReport, dissectionStatistics } from '@cnnviz/dissect';
import { chooseBackend, progressBars, workspaceRoot, writeClaims, writeReport } from '@cnnviz/example-support';
import { type ImageModel, loadModel, saveModel } from '@cnnviz/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { emergenceClaims } from './claims.ts';
import { dissectedScenes, runExperiment, scales, stagesOf } from './experiment.ts';
import { percent, reportChapters } from './report.ts';

const USAGE = `Trains a small network to tell rendered scenes apart, finds what its units detect, layer by layer and step by
step, then teaches it another task and finds what they turn into. Writes a page of charts and pictures, and a page that
lists all units.

  --quick          fewer scenes and epochs
  --out FOLDER     where pages, checkpoints, dissections and networks go (default: report/dissect-training); started again
                   with the same folder and options, only what is missing is done
  --network FOLDER also writes the network that tells scenes there, two bytes a weight
  --seed NUMBER    decides scenes, weights and order (default: 0)
  --backend NAME   tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first of them that starts)
  --help`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    network: { type: 'string' },
    seed: { type: 'string', default: '0' },
    backend: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else {
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`--seed must be a whole number >= 0, got ${values.seed}`);
  }
  // pnpm starts this in its own folder; INIT_CWD is where the user stood.
  const from = process.env.INIT_CWD ?? '.';
  const out =
    values.out === undefined ? resolve(workspaceRoot(), 'report/dissect-training') : resolve(from, values.out);
  const scale = scales[values.quick ? 'quick' : 'standard'];
  const backend = await chooseBackend();
  const start = performance.now();
  const progress = progressBars({ stages: stagesOf(scale) + 1 });
  const outcome = await runExperiment({ scale, seed, folder: out, progress });
  const networks: ImageModel[] = [];
  for (const { network } of outcome.phases) networks.push(await loadModel(network, { bounds: [0, 255] }));
  const scenes = dissectedScenes(scale, seed);
  const page = await progress.stage('writing the report', 1, async () => {
    for (const { task, epochs } of outcome.phases) {
      const { dissections } = epochs.at(-1)!;
      const compared = dissections.map((dissection) => ({
        dissection,
        statistics: dissectionStatistics(dissection, { resamples: 1 }),
      }));
      const units = await dissectionReport(compared, {
        title: `Units of the network that tells ${task}s`,
        concepts: scenes,
      });
      await writeFile(join(out, `units-${task}.html`), units);
    }
    return writeReport(out, {
      title: 'What a network learns that it was not taught',
      intro: [`${scale.trainingScenes} rendered scenes, seed ${seed}, on ${backend.name} (${backend.detail}).`],
      facts: [],
      chapters: await reportChapters(outcome, networks, scenes),
    });
  });
  if (values.network !== undefined) {
    const { topology, preprocessing, labels = [] } = networks[0]!;
    const folder = resolve(from, values.network);
    await saveModel(topology as LayersModel, folder, { preprocessing, labels, quantization: 'uint16' });
  }
  for (const network of networks) network.dispose();
  const seconds = (performance.now() - start) / 1000;
  await writeClaims(out, { claims: emergenceClaims(outcome), backend, seconds });
  for (const { task, history, colorAccuracy, epochs } of outcome.phases) {
    console.log(
      `${task}: validation ${percent(history.at(-1)!.validationAccuracy!)}, colors alone ${percent(colorAccuracy)}`,
    );
    for (const { layer, units } of epochs.at(-1)!.dissections) {
      const detectors = units.filter(({ isDetector }) => isDetector);
      const objects = detectors.filter(({ best }) => best!.concept.category === 'object');
      console.log(`  ${layer}: ${detectors.length} detectors of ${units.length} units, ${objects.length} of objects`);
    }
  }
  console.log(`Everything took ${seconds.toFixed(0)} s. Open ${page}`);
}
