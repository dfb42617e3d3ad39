import { describe, expect, it } from 'vitest';
import type { Row } from './row.ts';
import { isAimMet, ratioOf, tableOf } from './table.ts';

const row: Row = {
  what: 'PGD',
  backend: 'wasm',
  peer: 'foolbox 3',
  pairs: {
    ours: { seconds: 0.5, processorSeconds: 1 },
    theirs: { seconds: 2, processorSeconds: 4 },
    ratio: 0.25,
  },
  handled: { ours: 64, theirs: 64, unit: 'images' },
  memory: { ours: 400e6, theirs: 500e6 },
  equal: 'the same points',
};

describe('tableOf', () => {
  it('says what took how long, and what came out', () => {
    const [head, line, first] = tableOf([{ ...row, overFloor: 1.04 }]).split('\n');
    expect(head).toBe('| what | backend | peer | ours | theirs | per second | ratio | over floor | memory | results |');
    expect(line).toMatch(/^(\| --- ){10}\|$/);
    expect(first).toBe(
      '| PGD | wasm | foolbox 3 | 500 ms | 2.00 s | 128 and 32.0 images | 0.25 | 1.04 | 400 and 500 MB | the same points |',
    );
  });

  it('counts what was handled: who needs fewer evaluations is not ahead by that', () => {
    const uneven = { ...row, handled: { ours: 100, theirs: 200, unit: 'evaluations' } };
    expect(ratioOf(uneven)).toBe(0.5);
    expect(isAimMet({ ...uneven, aim: 0.4 })).toBe(false);
  });

  it('marks a row that misses its aim', () => {
    expect(tableOf([{ ...row, aim: 0.2 }])).toContain('| **0.25** (aim 0.2, missed) |');
    expect(tableOf([{ ...row, aim: 1.2 }])).toContain('| 0.25 (aim 1.2) |');
    const far = { ...row, pairs: { ...row.pairs, ratio: 0.016 } };
    expect(tableOf([{ ...far, aim: 0.02 }])).toContain('| 1/63 (aim 1/50) |');
  });
});
