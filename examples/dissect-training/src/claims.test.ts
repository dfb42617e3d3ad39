import type { Dissection } from '@cnnviz/dissect';
import { describe, expect, it } from 'vitest';
import { emergenceClaims } from './claims.ts';
import type { Outcome } from './experiment.ts';

/** Units that detect these concepts, or nothing. */
function layer(name: string, detected: readonly (string | null)[]): Dissection {
  const units = detected.map((concept, unit) => {
    const [category, label] = concept?.split(' ') ?? ['color', 'red'];
    const best = { concept: { name: label, category }, iou: concept === null ? 0.01 : 0.1 };
    return { unit, isDetector: concept !== null, best, byCategory: [best] };
  });
  return { layer: name, units, iouLimit: 0.04 } as unknown as Dissection;
}

type Units = readonly (string | null)[];
function agreements(shallow: Units, before: Units, after: Units, retrained: Units) {
  const at = (epoch: number, deep: Units) => ({ epoch, dissections: [layer('conv1', shallow), layer('conv4', deep)] });
  const phases = [
    { task: 'scene', history: [], epochs: [at(0, before), at(6, after)] },
    { task: 'texture', history: [], epochs: [at(0, after), at(2, retrained)] },
  ];
  const scale = { trainingScenes: 100 };
  return emergenceClaims({ phases, scale, seed: 0 } as unknown as Outcome).map(({ agrees }) => agrees);
}

describe('emergenceClaims', () => {
  it('agrees where objects emerge, deep down, and turn into something else', () => {
    const after = ['object car', 'object boat', 'object tree', null];
    expect(agreements(['color red', null], [null, null, null, null], after, ['color red', null, null, null])).toEqual(
      Array(4).fill('yes'),
    );
  });

  it('does not where nothing changes', () => {
    const same = ['color red', 'color blue'];
    expect(agreements(['object car', 'object boat'], same, same, same)).toEqual(['no', 'no', 'no', 'no']);
  });
});
