import type { Tensor3D } from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { checker } from './check.ts';
import { requireFinite } from './finite.ts';

/**
 * A picture as a PNG file, 8 bits a channel.
 *
 * @param picture `[h, w, 3]` or `[h, w, 1]` in [0, 1]; values outside are clipped.
 *
 * @example
 * const picture = tf.fill([8, 8, 3], 0.5);
 * const file = await encodePng(picture);
 */
export async function encodePng(picture: Tensor3D): Promise<Uint8Array> {
  const check = checker('@cnnviz/internal', 'encodePng');
  const [height, width, channels] = check.tensor('picture', picture, { rank: 3, dtype: 'float32' })
    .shape as Tensor3D['shape'];
  if (channels !== 1 && channels !== 3) check.fail('range', 'picture', 'a tensor [h, w, 1 or 3]', picture);
  await requireFinite(check, 'picture', picture);
  const levels = Uint8ClampedArray.from(await picture.data(), (value) => value * 255);
  return encode({ width, height, channels, depth: 8, data: levels });
}
