import { type Chapter, type PictureCell, pngPicture } from '@cnnviz/example-support';
import { archivePicture, type Elite, familyLine, fitnessCurves, type ImageEncoding } from '@cnnviz/genetic';
import type { EvolvedImages } from './evolve-images.ts';
import type { Subject } from './subject.ts';

export interface EvolutionChapterOptions {
  /** Letters, digits and hyphens. */
  id: string;
  title: string;
  intro: readonly string[];
  /** How many images, the most confident first; all are in the order of their classes. */
  shown: number;
}

const SURE = 0.9999;
const SMALL = 64;
const ENLARGED = 4;
const COLUMNS = 5;

/** The images that evolved, how confidence rose, and where one image came from. */
export async function evolutionChapter(
  { name, classes, shape }: Pick<Subject, 'name' | 'classes' | 'shape'>,
  { encoding, elites, history }: EvolvedImages,
  { id, title, intro, shown }: EvolutionChapterOptions,
): Promise<Chapter> {
  const best = elites.toSorted((a, b) => b.objective - a.objective);
  const chosen = shown >= elites.length ? elites : best.slice(0, shown);
  const factor = shape[0] < SMALL ? ENLARGED : 1;
  const last = history.at(-1)!;
  const cells: PictureCell[] = [];
  for (const elite of chosen) cells.push(await cellOf(encoding, elite, { id, classes, factor }));
  const eldest = best.toSorted((a, b) => b.ancestors.length - a.ancestors.length)[0]!;
  const sure = elites.filter(({ objective }) => objective >= SURE).length;
  return {
    id,
    title,
    intro,
    facts: [
      { label: 'mean confidence', value: percent(last.mean) },
      { label: 'median', value: percent(last.median) },
      { label: 'classes at 99.99 % or more', value: `${sure} of ${classes.length}` },
      { label: 'generations', value: String(last.generation) },
      { label: 'images tried', value: last.evaluations.toLocaleString('en') },
      { label: 'time', value: `${last.seconds.toFixed(0)} s` },
      { label: 'processor time', value: `${last.processorSeconds.toFixed(0)} s` },
    ],
    figures: [
      {
        kind: 'pictures',
        caption: `What ${name} reads in each image, and how sure it is.`,
        rows: inRows(cells),
      },
      {
        kind: 'chart',
        caption: 'Confidence over the classes, by generation.',
        alt: `The mean confidence over the classes rises from ${percent(history[0]!.mean)} to ${percent(last.mean)}.`,
        spec: fitnessCurves(history, { label: 'confidence' }),
      },
      {
        kind: 'pictures',
        caption: `How the image for ${classes[eldest.cell]} came about: some of its ancestors, from parent to child.`,
        rows: [{ cells: [await lineOf(encoding, eldest, { id, factor })] }],
      },
    ],
  };
}

function inRows(cells: PictureCell[]): { cells: PictureCell[] }[] {
  const rows = Math.ceil(cells.length / COLUMNS);
  return Array.from({ length: rows }, (_, row) => ({ cells: cells.slice(row * COLUMNS, (row + 1) * COLUMNS) }));
}

async function cellOf(
  encoding: ImageEncoding<unknown>,
  elite: Elite<unknown>,
  { id, classes, factor }: { id: string; classes: readonly string[]; factor: number },
): Promise<PictureCell> {
  const { picture, labels } = archivePicture(encoding, [elite], { factor, classNames: classes });
  try {
    const { name, text } = labels[0]!;
    const alt = `An evolved image that reads as ${name} with ${text}`;
    return { picture: await pngPicture(picture, { name: `${id}-${elite.cell}`, alt }), label: name, note: text };
  } finally {
    picture.dispose();
  }
}

async function lineOf(
  encoding: ImageEncoding<unknown>,
  elite: Elite<unknown>,
  { id, factor }: { id: string; factor: number },
): Promise<PictureCell> {
  const size = factor === 1 ? { size: [112, 112] as const, padding: 8 } : { factor: ENLARGED - 1, padding: 3 };
  const { picture, generations } = familyLine(encoding, elite, size);
  try {
    const alt = `Images of the generations ${generations.join(', ')}`;
    return {
      picture: await pngPicture(picture, { name: `${id}-line`, alt }),
      note: `generations ${generations.join(', ')}`,
    };
  } finally {
    picture.dispose();
  }
}

/** Rounded down, so that only certainty reads 100 %; in one line. */
export function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)}\u00a0%`;
}
