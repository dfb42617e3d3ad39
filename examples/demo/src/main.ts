import { option, runExample } from '@cnnviz/example-support';
import { runDemo, STAGES } from './demo.ts';
import { percent } from './percent.ts';

await runExample({
  folder: 'report',
  summary: 'Trains LeNet on handwritten digits and writes a page that shows what it learned and how it is fooled.',
  options: { seed: option.seed('decides weights, order and noise') },
  stages: () => STAGES,
  async run({ seed }, surroundings) {
    const { page, testAccuracy } = await runDemo({ ...surroundings, seed });
    return { page, lines: [`It reads ${percent(testAccuracy)} of the test digits correctly.`] };
  },
});
