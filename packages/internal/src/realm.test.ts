import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { isA, isPromise, messageOf } from './realm.ts';

const elsewhere = (code: string): unknown => runInNewContext(code, { URL });

describe('isA', () => {
  it.each(['Float32Array', 'Uint8Array', 'Uint16Array'] as const)('knows a %s of another realm', (kind) => {
    const array = elsewhere(`new ${kind}(2)`);
    expect(array instanceof globalThis[kind]).toBe(false);
    expect(isA(kind, array)).toBe(true);
    expect(isA(kind, new globalThis[kind](2))).toBe(true);
  });

  it('knows a regular expression, a URL and a Buffer, which is a Uint8Array', () => {
    expect(isA('RegExp', elsewhere('/a/'))).toBe(true);
    expect(isA('URL', new URL('file:///'))).toBe(true);
    expect(isA('Uint8Array', Buffer.from([1]))).toBe(true);
  });

  it('tells other kinds apart', () => {
    for (const value of [new Float64Array(2), [1, 2], { length: 2 }, null, undefined, 'Float32Array']) {
      expect(isA('Float32Array', value)).toBe(false);
    }
    expect(isA('Uint8Array', new Uint8ClampedArray(1))).toBe(false);
    expect(isA('URL', 'file:///')).toBe(false);
  });
});

describe('isPromise', () => {
  it('knows a promise of another realm', () => {
    expect(isPromise(elsewhere('Promise.resolve(1)'))).toBe(true);
    for (const value of [[], new Float32Array(1), null, undefined, 1]) expect(isPromise(value)).toBe(false);
  });
});

describe('messageOf', () => {
  it('is what an error of another realm says', () => {
    expect(messageOf(elsewhere("new TypeError('away')"))).toBe('away');
    expect(messageOf(new Error('here'))).toBe('here');
  });

  it('is the text of whatever else was thrown', () => {
    expect(['text', 7, undefined, null].map(messageOf)).toEqual(['text', '7', 'undefined', 'null']);
  });
});
