import { beforeAll, describe, it } from 'vitest';
import { useWasm } from '../test-support/compare-with-cpu.ts';
import { expectNoGrowth } from '../test-support/every-layer.ts';

beforeAll(useWasm);

describe('training', () => {
  it('grows neither tf.memory() nor the wasm heap over 200 steps', () => expectNoGrowth(200));
});
