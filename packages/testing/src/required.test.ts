import { expect, test } from 'vitest';
import { backendsHere, startBackend } from './backends/start-backend.ts';
import { isRequired } from './required.ts';

test('CNNVIZ_REQUIRE is a list of words', () => {
  expect(isRequired('wasm', 'wasm tensorflow')).toBe(true);
  expect(isRequired('tensorflow', 'wasm,tensorflow')).toBe(true);
  expect(isRequired('web', 'webgpu')).toBe(false);
  expect(isRequired('wasm', '')).toBe(false);
});

test('a backend of another environment says so', async () => {
  expect(backendsHere).toEqual(['cpu', 'wasm', 'tensorflow', 'webgpu']);
  await expect(startBackend('webgl')).rejects.toThrow('there is no webgl in Node');
});
