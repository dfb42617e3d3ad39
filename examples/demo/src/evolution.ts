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

/** A genetic algorithm on strings of bits, then on images: what evolution comes to with no gradient to follow. */
export async function evolutionChapters(options: EvolutionOptions): Promise<Chapter[]> {
  const strings = await runChapter(oneMax({ length: BITS, seed: options.seed }), {
    id: 'evolution',
    title: 'How evolution climbs',
    length: BITS,
  });
  const intro = [
    `A genetic algorithm knows nothing of what it improves but a number, the fitness. The smallest example: strings of ${BITS} bits, whose fitness is their number of ones. Fitter strings are more often parents, pairs exchange what lies between two cuts, and some bits flip.`,
  ];
  return [
    { ...strings, intro },
    await imagesChapter(options, 'direct', 0, {
      title: 'Images evolved pixel by pixel',
      intro: [
        'The same with images: the fitness of an image is how sure the network is of a digit, and the best image of each digit is kept and bred from. No gradient is taken: the network is only asked.',
        'Here each gene is the brightness of one pixel, at first random.',
      ],
    }),
    await imagesChapter(options, 'cppn', options.generations, {
      title: 'Images evolved as patterns',
      intro: [
        'Here a gene belongs to a small network that maps the place of a pixel to its brightness, and that grows as it evolves. Its patterns are regular, like nothing that the digits are made of, and fool the network as well.',
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
