import type { Check } from '@cnnviz/internal';
import { requireImages, requireName } from '../parts/part-checks.ts';
import type { Transform, View } from './transform.ts';

export function checkedTransforms(check: Check, transforms: readonly Transform[]): readonly Transform[] {
  const isOne = (item: Transform) => typeof item === 'function' || typeof item?.look === 'function';
  if (!Array.isArray(transforms) || !transforms.every(isOne)) {
    check.fail('type', 'transforms', 'a list of transforms such as jitter() and functions of images', transforms);
  }
  return transforms.map((transform: Transform, index): Transform => {
    const name = `transforms[${index}]`;
    if (typeof transform === 'function') {
      return (images, random) => requireImages(check, name, transform(images, random), images.shape[0]);
    }
    requireName(check, name, transform.name);
    return {
      name: transform.name,
      look: (view, random, image) => requireView(check, `${name}.look()`, transform.look(view, random, image)),
    };
  });
}

function requireView(check: Check, name: string, view: View): View {
  const { height, width, ...matrix } = check.options(view, name);
  for (const [side, size] of Object.entries({ height, width })) {
    check.number(`${name}.${side}`, size, { integer: true, min: 1 });
  }
  for (const entry of ['xx', 'xy', 'x0', 'yx', 'yy', 'y0'] as const) check.number(`${name}.${entry}`, matrix[entry]);
  return view;
}
