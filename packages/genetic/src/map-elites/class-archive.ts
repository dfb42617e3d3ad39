import { checker } from '@cnnviz/internal';
import { type Archive, requireCells } from './archive.ts';

export interface ClassArchiveOptions {
  /** Number of classes, each with one cell. */
  classes: number;
  /**
   * - `all`: each candidate is offered to every class, as in the paper's code. Every cell is filled by the first batch.
   * - `argmax`: each candidate is offered only to the class that it scores highest, the first of equals, as in pyribs'
   *   tutorial. A class to which nothing is assigned stays empty.
   *
   * Default: `all`.
   */
  competition?: 'all' | 'argmax';
}

const check = checker('@cnnviz/genetic', 'classArchive');

/**
 * Makes an archive with one cell per class; a candidate is evaluated by its scores, such as probabilities,
 * `[candidates * classes]`.
 *
 * @returns An archive for `MapElites`.
 * @throws RangeError if there is no class.
 * @see Nguyen, Yosinski, Clune, "Deep neural networks are easily fooled", CVPR 2015, https://arxiv.org/abs/1412.1897.
 *
 * @example
 * import { classArchive } from '@cnnviz/genetic';
 *
 * const archive = classArchive({ classes: 10, competition: 'argmax' });
 */
export function classArchive(options: ClassArchiveOptions): Archive<ArrayLike<number>> {
  const classes = requireCells(check, 'classes', check.options(options).classes);
  const competition = check.oneOf('competition', options.competition ?? 'all', ['all', 'argmax']);
  return {
    name: `classes(${classes}, ${competition})`,
    cells: classes,
    offers: (scores, count) => {
      if (scores?.length !== count * classes) {
        check.fail('range', 'scores', `${count} * ${classes} numbers`, scores?.length ?? scores);
      }
      for (let index = 0; index < scores.length; index++) {
        if (Number.isFinite(scores[index])) continue;
        const individual = Math.floor(index / classes);
        const score = `score of individual ${individual} of ${count} for class ${index % classes}`;
        check.failBecause('range', `the ${score} must be a finite number, got ${scores[index]}`);
      }
      if (competition === 'all') {
        const candidate = new Int32Array(scores.length);
        const cell = new Int32Array(scores.length);
        for (let offer = 0; offer < scores.length; offer++) {
          candidate[offer] = Math.floor(offer / classes);
          cell[offer] = offer % classes;
        }
        return { candidate, cell, objective: new Float64Array(scores) };
      }
      const cell = Int32Array.from({ length: count }, (_, candidate) => argMax(scores, candidate * classes, classes));
      return {
        candidate: Int32Array.from({ length: count }, (_, candidate) => candidate),
        cell,
        objective: Float64Array.from(cell, (best, candidate) => scores[candidate * classes + best]!),
      };
    },
  };
}

function argMax(values: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let index = 1; index < length; index++) if (values[start + index]! > values[start + best]!) best = index;
  return best;
}
