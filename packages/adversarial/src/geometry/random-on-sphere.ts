import type { Random } from '@cnnviz/internal';

/**
 * Fills `target` with a random point at the distance `radius` from 0, as Auto-PGD starts.
 *
 * - `linf`: uniform in the cube, then scaled until the largest value reaches its side.
 * - `l2`: each direction equally likely.
 */
export function randomOnSphere(
  random: Random,
  target: Float32Array,
  norm: 'linf' | 'l2',
  radius: number,
): Float32Array {
  if (norm === 'linf') random.fillUniform(target, -1, 1);
  else random.fillNormal(target);
  let length = 0;
  for (const value of target) length = norm === 'linf' ? Math.max(length, Math.abs(value)) : length + value * value;
  const scale = radius / ((norm === 'linf' ? length : Math.sqrt(length)) || 1);
  for (let index = 0; index < target.length; index++) target[index]! *= scale;
  return target;
}
