import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { checker } from './check.ts';
import { decodeCheckpointBytes, encodeCheckpointBytes } from './checkpoint-bytes.ts';

const check = checker('@cnnviz/internal', 'decodeCheckpointBytes');
const magic = 'test 1\n';
const checkpoint = { step: 3, weights: [Float32Array.of(1, -2.5, 0.125), Float32Array.of()], name: 'net' };

describe('the bytes of a checkpoint', () => {
  it('are read as what was written', () => {
    expect(decodeCheckpointBytes(check, magic, encodeCheckpointBytes(magic, checkpoint))).toEqual(checkpoint);
  });

  it('are the same for weights of another realm, and may be of another themselves', () => {
    const weights = runInNewContext('weights.map((values) => new Float32Array(values))', checkpoint) as Float32Array[];
    const bytes = encodeCheckpointBytes(magic, { ...checkpoint, weights });
    expect(bytes).toEqual(encodeCheckpointBytes(magic, checkpoint));
    const elsewhere = runInNewContext('new Uint8Array(bytes)', { bytes }) as Uint8Array;
    expect(decodeCheckpointBytes(check, magic, elsewhere)).toEqual(checkpoint);
  });
});
