import type { Dissection } from '@cnnviz/dissect';
import { describe, expect, it } from 'vitest';
import { dissectionClaims, tallyClaims } from './claims.ts';
import { recountTally } from './published-tallies.ts';

/** Units that detect these concepts, or nothing. */
function dissection(layer: string, detected: readonly (string | null)[]): Dissection {
  const units = detected.map((concept, unit) => {
    const [category, name] = concept?.split(' ') ?? ['color', 'red'];
    const best = { concept: { name, category }, iou: concept === null ? 0.01 : 0.1 };
    return { unit, isDetector: concept !== null, best, byCategory: [best] };
  });
  return { layer, units, iouLimit: 0.04 } as unknown as Dissection;
}

const surfaces = ['color red', 'texture dotted', null];
const objects = ['object car', 'object tree', 'object dog', 'object cat', 'object bus', 'color red'];
const agreements = (dissections: readonly Dissection[], layers = ['conv1', 'conv2']) =>
  dissectionClaims(dissections, { layers, on: 'a network' }).map(({ agrees }) => agrees);

describe('dissectionClaims', () => {
  it('agree where the network is as the paper found it', () => {
    const controls = [
      dissection('conv2, turned at random', ['object car', 'object tree', 'object car', 'object car']),
      dissection('conv2, untrained', ['color red', null]),
    ];
    expect(agreements([dissection('conv1', surfaces), dissection('conv2', objects), ...controls])).toEqual([
      'yes',
      'yes',
      'yes',
    ]);
  });

  it('do not where all layers and controls are the same, and in part where one end is', () => {
    const layers = [dissection('conv1', objects), dissection('conv2', surfaces)];
    const controls = [dissection('conv2, turned at random', objects), dissection('conv2, untrained', objects)];
    expect(agreements([...layers, ...controls])).toEqual(['no', 'no', 'no']);
    expect(agreements([dissection('conv1', objects), dissection('conv2', objects)])).toEqual(['in part']);
  });

  it('are none of one layer', () => {
    expect(agreements([dissection('conv1', surfaces)], ['conv1'])).toEqual([]);
  });
});

describe('tallyClaims', () => {
  const header = 'unit,category,label,score,object-label,object-truth,object-activation,object-intersect,object-iou';
  const table = (name: string, iou: string) => recountTally(name, `${header}\n1,object,sky,${iou},sky,12,20,8,${iou}`);

  it('agree where the IoUs follow from the counts, 8 / (12 + 20 - 8)', () => {
    const [claim, ...others] = tallyClaims([table('a', '0.3333333333333333')]);
    expect([claim!.agrees, claim!.theirs, others]).toEqual(['yes', '1 values', []]);
    expect(tallyClaims([table('a', '0.33')])[0]!.agrees).toBe('no');
  });

  it('hold the counts of AlexNet against those published', () => {
    const [, claim] = tallyClaims([table('caffe_reference_places365', '0.3333333333333333')]);
    expect(claim).toMatchObject({ ours: '1, 1, 1', agrees: 'no' });
  });
});
