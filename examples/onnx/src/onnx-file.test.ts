import { expect, test } from 'vitest';
import { encodeOnnx } from './onnx-file.ts';

test('writes what the onnx package of Python writes', () => {
  const bytes = encodeOnnx({
    name: 'tiny',
    inputs: [{ name: 'images', shape: ['n', 1, 2, 2] }],
    outputs: [{ name: 'y', shape: ['n', 1, 1, 1] }],
    nodes: [
      { op: 'Conv', inputs: ['images', 'k'], output: 'c', attributes: { auto_pad: 'VALID', strides: [1, 1] } },
      { op: 'Elu', inputs: ['c'], output: 'y', attributes: { alpha: 0.25 } },
    ],
    weights: [{ name: 'k', shape: [1, 1, 2, 2], values: new Float32Array([1, 2, -3, 0.5]) }],
  });
  expect(Buffer.from(bytes).toString('base64')).toBe(
    'CAgSBmNubnZpejrKAQo/CgZpbWFnZXMKAWsSAWMaAWMiBENvbnYqFAoIYXV0b19wYWQiBVZBTElEoAEDKhAKB3N0cmlkZXNAAUABoAEHCh8KAWMSAXkaAXkiA0VsdSoPCgVhbHBoYRUAAIA+oAEBEgR0aW55Kh8IAQgBCAIIAhABQgFrShAAAIA/AAAAQAAAQMAAAAA/WiEKBmltYWdlcxIXChUIARIRCgMSAW4KAggBCgIIAgoCCAJiHAoBeRIXChUIARIRCgMSAW4KAggBCgIIAQoCCAFCBAoAEA8=',
  );
});
