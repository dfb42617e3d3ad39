import { type DataSet, dataFolder, fashionMnist, mnist, option, runExample } from '@cnnviz/example-support';
import { loadGenerator } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import { synthesisClaims } from './claims.ts';
import { drawWhatUnitsWant, firstImages } from './experiment.ts';
import { classesChapter, generatorChapter, hiddenChapter, houseNumbersChapter } from './report.ts';
import { drawHouseNumbers } from './svhn-prior.ts';

await runExample({
  folder: 'report/dgn-am',
  summary:
    "Learns to draw images from a network's features, then draws what each class and some hidden units of another network want to see, beside Fourier and plain pixels.",
  options: {
    data: option.oneOf(['mnist', 'fashion'], 'mnist or fashion', { default: 'mnist' }),
    images: option.wholeNumber(
      'to learn from, one half for the judge (default: 8000, all that mnist has; at most 60000 of fashion)',
    ),
    starts: option.wholeNumber('images of each class by each method (default: 10)'),
    steps: option.wholeNumber('steps of each ascent, at most (default: 200)'),
    wanted: option.positiveNumber("activation at which an image is done, as a multiple of the best real image's", {
      default: 0.8,
    }),
    epochs: option.wholeNumber('epochs of each network', { default: 3 }),
    judge: option.wholeNumber('epochs of the judge (default: 8)'),
    generator: option.wholeNumber('epochs of the generator', { default: 6 }),
    quick: option.flag('4000 images, 4 epochs of the judge, 2 starts, 100 steps: for a first look'),
    svhn: option.path(
      'FOLDER',
      'generator of house numbers (default: models/svhn-dcgan in the folder that CNNVIZ_DATA names)',
    ),
    seed: option.seed(),
  },
  async run({ data: dataName, wanted, epochs, quick, seed, ...values }, { progress }) {
    const data = await dataSet(dataName, seed, values.images ?? (quick ? 4000 : 8000));
    const steps = values.steps ?? (quick ? 100 : 200);
    const experiment = await drawWhatUnitsWant({
      wanted,
      networkEpochs: epochs,
      judgeEpochs: values.judge ?? (quick ? 4 : 8),
      generatorEpochs: values.generator,
      starts: values.starts ?? (quick ? 2 : 10),
      steps,
      hiddenUnits: 8,
      seed,
      data,
      progress,
    });
    const chapters = [
      await generatorChapter(experiment),
      await classesChapter(experiment, { classNames: data.train.classes, wanted }),
      await hiddenChapter(experiment),
    ];
    console.table(experiment.quality);
    console.log(`Accuracy on test images: ${JSON.stringify(experiment.accuracies)}`);
    experiment.dispose();

    const folder = values.svhn ?? dataFolder('models/svhn-dcgan');
    if (folder !== undefined && dataName === 'mnist' && !quick) {
      const svhn = await loadGenerator(folder);
      const some = { epochs, starts: 2, steps: Math.min(steps, 100), seed, progress };
      const drawn = await drawHouseNumbers(svhn, data, some);
      chapters.push(await houseNumbersChapter(drawn));
      tf.dispose([drawn.photographs, drawn.seen]);
      svhn.dispose();
    } else {
      console.log('House numbers are left out: they need --data mnist, no --quick, and --svhn or CNNVIZ_DATA');
    }
    return {
      page: {
        title: 'What units want to see, with a learned generator',
        intro: [
          `A generator learns to draw images of ${data.train.name} from the features of a network. Gradient ascent then finds the features whose image makes a unit of another network most active, as in [Nguyen et al. 2016](https://arxiv.org/abs/1605.09304). Beside it, the same is done with Fourier components and with plain pixels.`,
        ],
        chapters,
      },
      claims: synthesisClaims(experiment, { dataSet: data.train.name, wanted }),
    };
  },
});

async function dataSet(name: 'mnist' | 'fashion', seed: number, images: number): Promise<DataSet> {
  const { train, test } = name === 'mnist' ? await mnist({ seed }) : await fashionMnist();
  return { train: firstImages(train, images), test: firstImages(test, 2000) };
}
