import { evolutionChapter, evolveImages } from '@cnnviz/example-fooling-evolution';
import { oneMax, runChapter } from '@cnnviz/example-onemax';
import type { Chapter, ImageSet } from '@cnnviz/example-support';
import type { Classifier } from '@cnnviz/genetic';
import { percent } from './percent.ts';

export interface EvolutionOptions {
  model: Classifier;
  /** What the images are to look like to the model. */
  digits: Pick<ImageSet, 'classes' | 'shape' | 'bounds'>;
  seed: number;
  /** Of images, for each of the two encodings. */
  generations: number;
  /** Called after each generation of each encoding: `generations` twice. */
  onProgress: (done: number, note: string) => void;
}

const POPULATION = 100;
const BITS = 20;

/** Shows how far evolution gets without a gradient, first with strings of bits, then with images. */
export async function evolutionChapters(options: EvolutionOptions): Promise<Chapter[]> {
  const strings = await runChapter(oneMax({ length: BITS, seed: options.seed }), {
    id: 'evolution',
    title: 'How evolution climbs',
    length: BITS,
  });
  const intro = [
    `A genetic algorithm knows only one number about the things that it improves: their fitness. The smallest example is strings of ${BITS} bits whose fitness is their number of ones. Fitter strings become parents more often, pairs exchange the bits between two cuts, and some bits flip.`,
  ];
  return [
    { ...strings, intro },
    await imagesChapter(options, 'direct', 0, {
      title: 'Images evolved pixel by pixel',
      intro: [
        'The same works with images. The fitness of an image is the network’s confidence in a digit, and the best image for each digit is kept and bred from. No gradient is taken: evolution sees only the network’s answers, as in [Nguyen et al. 2015](https://arxiv.org/abs/1412.1897).',
        'Here each gene is the brightness of one pixel, random at first.',
      ],
    }),
    await imagesChapter(options, 'cppn', options.generations, {
      title: 'Images evolved as patterns',
      intro: [
        'Here the genes build a small network that maps the position of a pixel to its brightness and grows as it evolves. Its patterns are regular and unlike any stroke of a digit, and they fool the network as well.',
      ],
    }),
  ];
}

async function imagesChapter(
  { model, digits, seed, generations, onProgress }: EvolutionOptions,
  encoding: 'direct' | 'cppn',
  before: number,
  texts: { title: string; intro: string[] },
): Promise<Chapter> {
  const evolved = await evolveImages(
    { model, ...digits },
    {
      encoding,
      generations,
      populationSize: POPULATION,
      batchSize: POPULATION,
      seed,
      onProgress: ({ done, mean }) => onProgress(before + done, `on average ${percent(mean)} sure`),
    },
  );
  const { classes, shape } = digits;
  return evolutionChapter({ name: 'the network', classes, shape }, evolved, {
    id: `evolution-${encoding}`,
    ...texts,
    shown: classes.length,
  });
}
