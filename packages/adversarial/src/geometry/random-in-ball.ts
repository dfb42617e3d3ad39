import type { Random } from '@cnnviz/internal';
import type { Norm } from './step-direction.ts';

/**
 * Fills `target` with a point drawn uniformly from the ball of the given radius: any two parts of equal volume are
 * equally likely.
 *
 * - `linf`: each value by itself.
 * - `l2`: a normal vector has a uniform direction; the share of the ball inside radius ρ is ρ^d.
 * - `l1`: d + 1 exponential numbers divided by their sum are uniform on the simplex; the last one is what is left.
 *
 * @see Voelker, Gosmann, Stewart, "Efficiently sampling vectors and coordinates from the n-sphere and n-ball", 2017.
 */
export function randomInBall(random: Random, target: Float32Array, norm: Norm, radius: number): Float32Array {
  if (norm === 'linf') return random.fillUniform(target, -radius, radius);
  const dimensions = target.length;
  if (norm === 'l2') {
    random.fillNormal(target);
    let squares = 0;
    for (const value of target) squares += value * value;
    const length = Math.sqrt(squares);
    const distance = radius * positiveUniform(random) ** (1 / dimensions);
    for (let index = 0; index < dimensions; index++) target[index]! *= distance / length;
    return target;
  }
  let sum = -Math.log(positiveUniform(random));
  for (let index = 0; index < dimensions; index++) {
    const exponential = -Math.log(positiveUniform(random));
    sum += exponential;
    target[index] = random.uniform() < 0.5 ? -exponential : exponential;
  }
  for (let index = 0; index < dimensions; index++) target[index]! *= radius / sum;
  return target;
}

/** Over (0, 1): a logarithm and a quotient have to be finite. */
function positiveUniform(random: Random): number {
  return random.uniform() + 2 ** -33;
}
