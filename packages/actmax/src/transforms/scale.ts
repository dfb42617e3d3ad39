import { checker } from '@cnnviz/internal';
import { aboutMiddle, type ViewTransform } from './transform.ts';

/** lucid's: 0.9 to 1.1 in steps of 0.02. */
const FACTORS = Array.from({ length: 11 }, (_, index) => 1 + (index - 5) / 50);

/**
 * Enlarges or shrinks what the window shows, about its middle. The window stays as it is (lucid's grows and shrinks with
 * it, which only networks for any size of image allow).
 *
 * @param factors Of the size, > 0; each is drawn equally often. Default: 0.9 to 1.1 in steps of 0.02, as lucid.
 *
 * @example
 * import { scale } from '@cnnviz/actmax';
 *
 * const transforms = [scale([0.95, 1, 1.05])];
 */
export function scale(factors: readonly number[] = FACTORS): ViewTransform {
  const check = checker('@cnnviz/actmax', 'scale');
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
