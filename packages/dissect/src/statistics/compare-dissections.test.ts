import { describe, expect, it } from 'vitest';
import { handmadeDissection } from '../../test-support/handmade-dissection.ts';
import { compareDissections } from './compare-dissections.ts';

describe('compareDissections', () => {
  const early = handmadeDissection(
    [
      [['red', 'color', 0.3]],
      [
        ['red', 'color', 0.1],
        ['sky', 'object', 0.05],
      ],
      [['blue', 'color', 0.04]],
      [],
    ],
    { layer: 'conv1' },
  );
  const late = handmadeDissection([
    [['sky', 'object', 0.2]],
    [
      ['sky', 'object', 0.06],
      ['red', 'color', 0.05],
    ],
    [['dog', 'object', 0.5]],
  ]);
  const statistics = { aboveChance: 2 } as never;
  const comparison = compareDissections([
    { dissection: early, network: 'A' },
    { dissection: late, network: 'A', statistics },
    { dissection: handmadeDissection([[]], { layer: 'conv1' }), network: 'A', training: 'none' },
  ]);

  it('counts by hand: layers', () => {
    const names = { network: 'A', training: '' };
    expect(comparison.layers).toEqual([
      {
        ...names,
        layer: 'conv1',
        images: 10,
        units: 4,
        detectors: 2,
        detectorShare: 0.5,
        // Red and sky; of the best concepts red alone.
        uniquePerCategory: 2,
        uniqueBestLabels: 1,
        meanIou: (0.3 + 0.1 + 0.04) / 4,
        aboveChance: null,
      },
      {
        ...names,
        layer: 'conv5',
        images: 10,
        units: 3,
        detectors: 3,
        detectorShare: 1,
        uniquePerCategory: 3,
        uniqueBestLabels: 2,
        meanIou: (0.2 + 0.06 + 0.5) / 3,
        aboveChance: 2,
      },
      {
        network: 'A',
        training: 'none',
        layer: 'conv1',
        images: 10,
        units: 1,
        detectors: 0,
        detectorShare: 0,
        uniquePerCategory: 0,
        uniqueBestLabels: 0,
        meanIou: 0,
        aboveChance: null,
      },
    ]);
  });

  it('counts by hand: categories, zeros among them', () => {
    const rows = comparison.categoryDetectors.map(
      ({ layer, training, category, units, uniquePerCategory, detectors, uniqueBestLabels }) =>
        `${layer} ${training} ${category} ${[units, uniquePerCategory, detectors, uniqueBestLabels]}`,
    );
    expect(rows).toEqual([
      'conv1  color 2,1,2,1',
      'conv1  object 1,1,0,0',
      'conv5  color 1,1,0,0',
      'conv5  object 3,2,3,2',
      'conv1 none color 0,0,0,0',
      'conv1 none object 0,0,0,0',
    ]);
    expect(comparison.categories).toEqual(['color', 'object']);
  });

  it('counts by hand: concepts, those with most detectors first', () => {
    const rows = comparison.conceptDetectors.map(
      ({ layer, concept, category, units, detectors, iou }) =>
        `${layer} ${concept} ${category} ${[units, detectors, iou]}`,
    );
    expect(rows).toEqual([
      'conv1 red color 2,2,0.3',
      'conv1 sky object 1,0,0.05',
      'conv5 sky object 2,2,0.2',
      'conv5 dog object 1,1,0.5',
      'conv5 red color 1,0,0.05',
    ]);
  });

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison);
  });

  it('goes by the limit that is given', () => {
    const { layers, iouLimit } = compareDissections([{ dissection: early }], { iouLimit: 0.1 });
    expect([layers[0]!.detectors, iouLimit]).toEqual([1, 0.1]);
  });

  it('takes names that mean something elsewhere for names', () => {
    const odd = handmadeDissection([[['__proto__', 'constructor', 0.5]]], { categories: ['constructor'] });
    const { conceptDetectors } = compareDissections([{ dissection: odd }]);
    expect(conceptDetectors).toEqual([
      {
        network: '',
        training: '',
        layer: 'conv5',
        concept: '__proto__',
        category: 'constructor',
        units: 1,
        detectors: 1,
        iou: 0.5,
      },
    ]);
  });

  it.each<[string, () => unknown]>([
    ['dissections must be a list of dissections, got {}', () => compareDissections({} as never)],
    ['dissections must be at least one, got []', () => compareDissections([])],
    [
      'two dissections are of ["","","conv5"]: give each a network, a training or a layer of its own',
      () => compareDissections([{ dissection: late }, { dissection: late }]),
    ],
    [
      'the dissections have the limits 0.04, 0.1: say which one by iouLimit',
      () => compareDissections([{ dissection: early }, { dissection: { ...late, iouLimit: 0.1 } }]),
    ],
    [
      'iouLimit must be a number >= 0 and <= 1, got 2',
      () => compareDissections([{ dissection: late }], { iouLimit: 2 }),
    ],
  ])('refuses: %s', (message, call) => expect(call).toThrow(`@cnnviz/dissect: compareDissections: ${message}`));
});
