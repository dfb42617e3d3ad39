import { checker } from '@cnnviz/internal';
import { aboutMiddle, type ViewTransform } from './transform.ts';

/** lucid's: each whole degree from -10 to 10, and five more times none. */
const DEGREES = [...Array.from({ length: 21 }, (_, index) => index - 10), 0, 0, 0, 0, 0];

/** Options of {@link rotate}. */
export interface RotateOptions {
  /**
   * Angles in degrees, counter-clockwise; each is drawn equally often. Default: -10 to 10 in steps of 1, 0 six times as
   * often, as lucid.
   */
  degrees?: readonly number[] | undefined;
}

/**
 * Rotates the view about the middle of the window, by an angle drawn at random.
 *
 * @returns A transform for `transforms` of `maximizeActivation`.
 * @throws RangeError if there is no angle, or one is not finite.
 * @see Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, https://doi.org/10.23915/distill.00007.
 *
 * @example
 * import { rotate } from '@cnnviz/actmax';
 *
 * const transforms = [rotate({ degrees: [-5, 0, 5] })];
 */
export function rotate(options: RotateOptions = {}): ViewTransform {
  const check = checker('@cnnviz/actmax', 'rotate');
  const { degrees = DEGREES } = check.options(options);
  if (!Array.isArray(degrees) || degrees.length === 0) check.fail('range', 'degrees', 'at least one number', degrees);
  for (const angle of degrees) check.number('degrees', angle);
  return {
    name: 'rotate',
    look: (view, random) => {
      const angle = (degrees[random.integer(degrees.length)]! * Math.PI) / 180;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      return aboutMiddle(view, { xx: cos, xy: -sin, yx: sin, yy: cos });
    },
  };
}
