import { type Chapter, type PictureCell, pngPicture, type Update } from '@cnnviz/example-support';
import { archivePicture, cppnEncoding, evolveFoolingImages, fitnessCurves } from '@cnnviz/genetic';
import { percent } from './percent.ts';
import { bounds, type Subject } from './subject.ts';

/** How many times a pixel is repeated both ways. */
const FACTOR = 4;

export interface FoolingOptions {
  generations: number;
  populationSize: number;
  seed: number;
  update: Update;
}

/** Evolves images until the network is sure of each class. */
export async function foolingChapter(
  { onnx, images, classes }: Subject,
  { generations, populationSize, seed, update }: FoolingOptions,
): Promise<Chapter> {
  const [, height, width] = images.shape;
  const encoding = cppnEncoding({ shape: [height, width, 3] });
  const { elites, history } = await evolveFoolingImages(onnx.classify, {
    encoding,
    bounds,
    generations,
    populationSize,
    seed,
    onProgress: ({ generation, mean }) => update(generation, `mean confidence ${percent(mean)}`),
  });
  const cells: PictureCell[] = [];
  for (const elite of elites) {
    const { picture, labels } = archivePicture(encoding, [elite], { factor: FACTOR, classNames: classes });
    const { name, confidence } = labels[0]!;
    const alt = `An evolved pattern that is read as a ${name} with ${percent(confidence)}`;
    cells.push({
      picture: await pngPicture(picture, { name: `fooling-${name}`, alt }),
      label: name,
      note: percent(confidence),
    });
    picture.dispose();
  }
  const [first, last] = [history[0]!, history.at(-1)!];
  return {
    id: 'fooling',
    title: 'Evolved to fool the network',
    intro: ['These patterns evolved with nothing but the logits (evolveFoolingImages). They show no scene.'],
    facts: [
      { label: 'images tried', value: last.evaluations.toLocaleString('en') },
      { label: 'mean confidence', value: percent(last.mean) },
    ],
    figures: [
      {
        kind: 'pictures',
        caption: 'The class that the network sees in each pattern, and its confidence.',
        rows: [{ cells }],
      },
      {
        kind: 'chart',
        caption: 'Confidence over the six classes, by generation.',
        alt: `The mean confidence over the classes rises from ${percent(first.mean)} to ${percent(last.mean)}.`,
        spec: fitnessCurves(history, { label: 'confidence' }),
      },
    ],
  };
}
