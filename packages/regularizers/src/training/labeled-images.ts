import type { Check, LabeledImages } from '@cnnviz/internal';

/** Checks a batch; returns how many examples it holds. */
export function requireExamples(check: Check, examples: LabeledImages, name = 'a batch'): number {
  const { images, labels } = check.options(examples, name);
  const count = check.images('images', images).shape[0];
  check.labels('labels', labels, { count });
  if (count === 0) check.fail('range', 'images', 'at least one image', images);
  return count;
}
