import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { option, runExample, writeWhole } from '@cnnviz/example-support';
import { agreementChapter } from './agreement-chapter.ts';
import { attackChapter } from './attack-chapter.ts';
import { foolingChapter } from './fooling-chapter.ts';
import { openRuntime, runtimeNames } from './runtime.ts';
import { openSubject } from './subject.ts';
import { unitsChapter } from './units-chapter.ts';

const scales = {
  standard: { scenes: 300, attacked: 50, epsilons: [0, 2, 4, 8, 16], queries: 150, generations: 150, population: 60 },
  quick: { scenes: 60, attacked: 12, epsilons: [0, 8, 16], queries: 30, generations: 15, population: 20 },
};

await runExample({
  folder: 'report/onnx',
  summary: 'Writes a network as an ONNX file, opens it in onnxruntime, and fools, attacks and dissects it there.',
  options: {
    runtime: option.oneOf(runtimeNames, `${runtimeNames.join(' or ')} (default: the first of them that is installed)`),
    quick: option.flag('fewer scenes, generations and queries'),
    seed: option.seed(),
  },
  writes: 'the page and the file',
  stages: () => 3,
  async run({ runtime: wanted, quick, seed }, { out, progress }) {
    const scale = scales[quick ? 'quick' : 'standard'];
    const { name, runtime } = await openRuntime(wanted);
    console.log(`runtime: ${name}`);
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
      await mkdir(out, { recursive: true });
      await writeWhole(join(out, 'units.html'), units.page);
      await writeWhole(join(out, 'scenes.onnx'), subject.file);
      return {
        page: {
          title: 'A network in onnxruntime',
          intro: [
            'The network runs in onnxruntime, which answers with a promise. Everything in these packages that needs no gradient works with such a network.',
          ],
          facts: [{ label: 'runtime', value: name }],
          chapters: [agreement, fooling, attack, units.chapter],
        },
      };
    } finally {
      await subject.close();
    }
  },
});
