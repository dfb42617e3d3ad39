import { type Check, type FailedImage, failNotFinite } from '@cnnviz/internal';

/** What of an image is not finite. */
export type Broken = 'logits' | 'gradients';

/** The images of a batch that an attack has given up. */
export interface Failures {
  /** Gives up an image, unless it was before. */
  add(index: number, step: number, broken: Broken): void;
  has(index: number): boolean;
  /** @throws Error that says what the first of the last ones failed at, if no image is left. */
  requireSomeLeft(): void;
  /** In the order of the batch. */
  list(): FailedImage[];
}

/** @param count Images in the batch. */
export function noFailures(check: Check, count: number): Failures {
  const failed = new Map<number, FailedImage & { broken: Broken }>();
  const list = () => [...failed.values()].sort((a, b) => a.index - b.index);
  return {
    add: (index, step, broken) => {
      if (failed.has(index)) return;
      failed.set(index, { index, step, broken, reason: `its ${broken} must be finite, and are not` });
    },
    has: (index) => failed.has(index),
    requireSomeLeft: () => {
      if (failed.size < count || count === 0) return;
      const last = Math.max(...list().map(({ step }) => step));
      const { index, broken } = list().find(({ step }) => step === last)!;
      failNotFinite(check, broken, { where: `for image ${index} at step ${last}` });
    },
    list: () => list().map(({ index, step, reason }) => ({ index, step, reason })),
  };
}

/**
 * For a number that is of all images, and would be of fewer without those given up.
 *
 * @param numbers Of the images of the batch, in the whole data set.
 */
export function requireAllLeft(check: Check, failed: readonly FailedImage[], numbers: readonly number[]): void {
  if (failed.length === 0) return;
  const [{ index, step, reason }] = failed as [FailedImage];
  check.failBecause('state', `image ${numbers[index]} failed at step ${step}: ${reason}`);
}
