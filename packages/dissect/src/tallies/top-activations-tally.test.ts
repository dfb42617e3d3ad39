import { describe, expect, it } from 'vitest';
import { type TopActivationsState, TopActivationsTally } from './top-activations-tally.ts';

/** Two units on maps of 2 x 2 positions: the second is a third of the first, and -0 where that is 0. */
const image = (...first: [number, number, number, number]) => Float32Array.from(first.flatMap((a) => [a, -a / 3]));

describe('TopActivationsTally', () => {
  it('keeps the first of equal positions and images, whatever the order', () => {
    const [a, b] = [
      new TopActivationsTally({ units: 2, perUnit: 2 }),
      new TopActivationsTally({ units: 2, perUnit: 2 }),
    ];
    const images = [image(0, 3, 3, 1), image(3, 0, 0, 0), image(0, 0, 3, 0), image(9, 0, 0, 9)];
    for (const index of [0, 1, 2, 3]) a.add(index, images[index]!, [2, 2]);
    for (const index of [2, 3, 1, 0]) b.add(index, images[index]!, [2, 2]);
    expect(a.result()).toEqual(b.result());
    expect(a.result()).toEqual({
      perUnit: 2,
      images: 4,
      units: [
        [
          { image: 3, row: 0, column: 0, activation: 9 },
          { image: 0, row: 0, column: 1, activation: 3 },
        ],
        [
          { image: 0, row: 0, column: 0, activation: 0 },
          { image: 1, row: 0, column: 1, activation: 0 },
        ],
      ],
    });
    expect(JSON.parse(JSON.stringify(a.result()))).toEqual(a.result());
  });

  it('resumes from its state, which stays as it was', () => {
    const tally = new TopActivationsTally({ units: 2, perUnit: 1 });
    tally.add(0, image(1, 2, 3, 4), [2, 2]);
    const saved = tally.state();
    const again = TopActivationsTally.from(saved);
    again.add(1, image(8, 2, 3, 4), [2, 2]);
    tally.add(1, image(8, 2, 3, 4), [2, 2]);
    expect(again.result()).toEqual(tally.result());
    expect([again.images, again.units]).toEqual([2, 2]);
    expect(saved.units[0]).toEqual([{ image: 0, row: 1, column: 1, activation: 4 }]);
  });

  const tally = () => new TopActivationsTally({ units: 2 });
  it.each<[string, () => unknown]>([
    ['units must be an integer >= 1, got 0', () => new TopActivationsTally({ units: 0 })],
    ['perUnit must be an integer >= 1, got 0', () => new TopActivationsTally({ units: 1, perUnit: 0 })],
    ['image must be an integer >= 0, got -1', () => tally().add(-1, image(1, 2, 3, 4), [2, 2])],
    ['activations must be maps [2, 3, 2]', () => tally().add(0, image(1, 2, 3, 4), [2, 3])],
    [
      'activations must be finite, got NaN from unit 0 on image 7',
      () => tally().add(7, image(1, Number.NaN, 3, 4), [2, 2]),
    ],
    [
      'maxima must be the largest activations, got 5',
      () => tally().add(0, image(1, 2, 3, 4), [2, 2], Float32Array.of(5, 5)),
    ],
    [
      'cannot resume from this state: it is of no known kind; expected TopActivationsTally, version 1',
      () => TopActivationsTally.from({} as TopActivationsState),
    ],
    [
      'cannot merge tallies with different options: 2 units with 10 images each and 3 with 10',
      () => tally().merge(new TopActivationsTally({ units: 3 })),
    ],
  ])('refuses: %s', (message, call) => {
    expect(call).toThrow(`@cnnviz/dissect: TopActivationsTally: ${message}`);
  });
});
