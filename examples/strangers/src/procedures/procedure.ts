import type { PictureCell } from '@cnnviz/example-support';
import type { Subject } from '../subject.ts';

/** The result. */
interface Outcome {
  /** In a cell of the table. */
  text: string;
  pictures?: PictureCell[];
}

/** Something that a package does with a network. Throws where it does not work, and says why where it has no meaning. */
export interface Procedure {
  name: string;
  run(subject: Subject): Promise<Outcome | { notFor: string }>;
}

export const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;

/** Three digits at most. */
export const rounded = (value: number): string => String(Number(value.toPrecision(2)));
