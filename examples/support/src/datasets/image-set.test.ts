import { describe, expect, it } from 'vitest';
import { type ImageSet, selectImages } from './image-set.ts';

const set: ImageSet = {
  name: 'four',
  images: Uint8Array.from({ length: 4 * 2 }, (_, i) => i),
  labels: Uint8Array.of(0, 1, 0, 1),
  shape: [1, 2, 1],
  classes: ['even', 'odd'],
  bounds: [0, 1],
};

describe('selectImages', () => {
  it('takes images with their labels in the order asked for', () => {
    const selected = selectImages(set, [3, 0, 3]);
    expect([...selected.images]).toEqual([6, 7, 0, 1, 6, 7]);
    expect([...selected.labels]).toEqual([1, 0, 1]);
    expect(selected).toMatchObject({ name: 'four', shape: [1, 2, 1], classes: ['even', 'odd'], bounds: [0, 1] });
  });

  it('copies: the selection can be changed alone', () => {
    selectImages(set, [0]).images.fill(255);
    expect(set.images[0]).toBe(0);
  });

  it.each([-1, 4, 0.5])('rejects index %s', (index) => {
    expect(() => selectImages(set, [index])).toThrow(
      `@cnnviz/example-support: selectImages: indices must be an integer >= 0 and <= 3, got ${index}`,
    );
  });
});
