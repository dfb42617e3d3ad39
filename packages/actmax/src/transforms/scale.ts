import { checker } from '@cnnviz/internal';
import { aboutMiddle, type ViewTransform } from './transform.ts';

/** lucid's: 0.9 to 1.1 in steps of 0.02. */
const FACTORS = Array.from({ length: 11 }, (_, index) => 1 + (index - 5) / 50);

/** Options of {@link scale}. */
export interface ScaleOptions {
  /** Factors > 0; each is drawn equally often. Default: 0.9 to 1.1 in steps of 0.02, as lucid. */
  factors?: readonly number[] | undefined;
}

/**
 * Enlarges or shrinks the view about the middle of the window, by a factor drawn at random. The window keeps its size
 * (lucid's grows and shrinks, which only networks for images of any size allow).
 *
 * @returns A transform for `transforms` of `maximizeActivation`.
 * @throws RangeError if there is no factor, or one is not above 0.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { scale } from '@cnnviz/actmax';
 *
 * const transforms = [scale({ factors: [0.95, 1, 1.05] })];
 */
export function scale(options: ScaleOptions = {}): ViewTransform {
  const check = checker('@cnnviz/actmax', 'scale');
  const { factors = FACTORS } = check.options(options);
  if (!Array.isArray(factors) || factors.length === 0) check.fail('range', 'factors', 'at least one number', factors);
  for (const factor of factors) check.number('factors', factor, { above: 0 });
  return {
    name: 'scale',
    look: (view, random) => {
      const shrink = 1 / factors[random.integer(factors.length)]!;
      return aboutMiddle(view, { xx: shrink, xy: 0, yx: 0, yy: shrink });
    },
  };
}
