import { encodePng, enlarge } from '@cnnviz/internal';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { TopLevelSpec } from 'vega-lite';

/** One part of a report: plain data, so that an experiment can be run here and shown there. */
export interface Chapter {
  /** Letters, digits and hyphens: the address of the chapter on the page. */
  id: string;
  title: string;
  /** Paragraphs of plain text, in which `[words](https://…)` are links. */
  intro: readonly string[];
  /** Numbers to read first. */
  facts?: readonly Fact[];
  figures: readonly Figure[];
}

export interface Fact {
  label: string;
  value: string;
}

export type Figure = PictureFigure | ChartFigure | TableFigure;

/** Rows of pictures. */
export interface PictureFigure {
  kind: 'pictures';
  caption: string;
  rows: readonly { heading?: string; cells: readonly PictureCell[] }[];
}

export interface PictureCell {
  picture: Picture;
  label?: string;
  note?: string;
}

export interface ChartFigure {
  kind: 'chart';
  caption: string;
  /** What someone who does not see the chart should know. */
  alt: string;
  spec: TopLevelSpec;
}

export interface TableFigure {
  kind: 'table';
  caption: string;
  columns: readonly string[];
  /** The first cell of a row is its heading. */
  rows: readonly (readonly (string | number)[])[];
}

export interface Picture {
  /** Name of its PNG file, without the extension: letters, digits and hyphens. */
  name: string;
  png: Uint8Array;
  width: number;
  height: number;
  /** What someone who does not see the picture should know. */
  alt: string;
}

/**
 * A picture as a PNG file with its alternative text.
 *
 * @param picture `[h, w, 1 or 3]` in [0, 1]; not disposed.
 * @param options `factor`: whole number by which each pixel is enlarged, default 1.
 */
export async function pngPicture(
  picture: Tensor3D,
  { name, alt, factor = 1 }: { name: string; alt: string; factor?: number },
): Promise<Picture> {
  const enlarged = enlarge(picture, factor);
  try {
    const [height, width] = enlarged.shape;
    return { name, alt, width, height, png: await encodePng(enlarged) };
  } finally {
    enlarged.dispose();
  }
}
