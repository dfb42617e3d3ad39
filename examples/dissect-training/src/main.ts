import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dissectionReport, dissectionStatistics } from '@cnnviz/dissect';
import { option, runExample } from '@cnnviz/example-support';
import { type ImageModel, loadModel, saveModel } from '@cnnviz/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { emergenceClaims } from './claims.ts';
import { dissectedScenes, runExperiment, scales, stagesOf } from './experiment.ts';
import { percent, reportChapters } from './report.ts';

await runExample({
  folder: 'report/dissect-training',
  summary:
    'Trains a small network to tell rendered scenes apart, finds what its units detect, layer by layer and step by step, then teaches it another task and finds what they turn into. Writes a page of charts and pictures, and a page that lists all units.',
  options: {
    quick: option.flag('fewer scenes and epochs'),
    network: option.path('FOLDER', 'also writes the network that tells scenes apart there, two bytes per weight'),
    seed: option.seed('decides scenes, weights and order'),
  },
  writes: 'pages, checkpoints, dissections and networks',
  resumes: true,
  stages: ({ quick }) => stagesOf(scales[quick ? 'quick' : 'standard']) + 1,
  async run({ quick, network: networkFolder, seed }, { out, progress }) {
    const scale = scales[quick ? 'quick' : 'standard'];
    const outcome = await runExperiment({ scale, seed, folder: out, progress });
    const networks: ImageModel[] = [];
    for (const { network } of outcome.phases) networks.push(await loadModel(network, { bounds: [0, 255] }));
    const scenes = dissectedScenes(scale, seed);
    const chapters = await progress.stage('writing the report', 1, async () => {
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
      return reportChapters(outcome, networks, scenes);
    });
    if (networkFolder !== undefined) {
      const { topology, preprocessing, labels = [] } = networks[0]!;
      await saveModel(topology as LayersModel, networkFolder, { preprocessing, labels, quantization: 'uint16' });
    }
    for (const network of networks) network.dispose();
    return {
      page: {
        title: 'What a network learns that it was not taught',
        intro: [
          `A small network learns to tell ${scale.trainingScenes} rendered scenes apart. Nobody tells it about objects, materials or colors. Dissection asks which of them its units detect nevertheless.`,
        ],
        chapters,
      },
      claims: emergenceClaims(outcome),
      lines: outcome.phases.flatMap(({ task, history, colorAccuracy, epochs }) => [
        `${task}: validation ${percent(history.at(-1)!.validationAccuracy!)}, colors alone ${percent(colorAccuracy)}`,
        ...epochs.at(-1)!.dissections.map(({ layer, units }) => {
          const detectors = units.filter(({ isDetector }) => isDetector);
          const objects = detectors.filter(({ best }) => best!.concept.category === 'object');
          return `  ${layer}: ${detectors.length} detectors of ${units.length} units, ${objects.length} of objects`;
        }),
      ]),
    };
  },
});
