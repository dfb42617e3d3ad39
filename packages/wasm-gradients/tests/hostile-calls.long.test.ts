import { describeHostileCalls, type ValidCall } from '@cnnviz/testing/hostile';
import * as wasmGradients from '../src/index.ts';

const calls: Record<string, ValidCall> = {
  registerWasmGradients: {},
  enableThreads: { given: () => [{ threads: 1 }] },
};

describeHostileCalls('wasm-gradients', wasmGradients, calls);
