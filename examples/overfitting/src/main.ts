import { mnist, option, runExample } from '@cnnviz/example-support';
import { overfittingClaims } from './claims.ts';
import { compareRemedies, remedies } from './experiment.ts';
import { overfittingChapter } from './report.ts';

await runExample({
  folder: 'report/overfitting',
  summary:
    'Trains a small network on few handwritten digits, with and without each regularizer, and writes a page that compares them.',
  options: {
    images: option.wholeNumber('digits to learn from', { default: 200 }),
    corruption: option.probability('probability with which a training label is drawn anew', { default: 0.2 }),
    epochs: option.wholeNumber('of training', { default: 60 }),
    seed: option.seed('decides images, weights and order'),
  },
  stages: () => remedies.length,
  async run({ images, corruption, epochs, seed }, { progress }) {
    const data = await mnist({ seed });
    const outcomes = await compareRemedies({
      data,
      trainImages: images,
      testImages: 2000,
      corruption,
      epochs,
      seed,
      progress,
    });
    return {
      page: {
        title: 'Overfitting',
        intro: [
          `The same small network learns ${images} images of ${data.train.name}, once as it is and once with each remedy.`,
        ],
        chapters: [overfittingChapter(outcomes, data.train.name)],
      },
      claims: overfittingClaims(outcomes, data.train.name),
      lines: outcomes.map(({ remedy, history, epoch }) => {
        const { validationAccuracy = 0, validationLoss = 0 } = history[epoch]!;
        return `${remedy}: test accuracy ${(100 * validationAccuracy).toFixed(1)} %, test loss ${validationLoss.toFixed(3)}`;
      }),
    };
  },
});
