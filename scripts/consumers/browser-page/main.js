import { enableThreads } from '@cnnviz/wasm-gradients';
import * as tf from '@tensorflow/tfjs-core';
import { attack } from './attack.js';
import { startWasm } from './start-wasm.js';

async function run() {
  const begin = performance.now();
  // Without the address of a worker script, if the page is asked to.
  const started = await (location.search === '?blob' ? enableThreads() : startWasm());
  const startedIn = performance.now() - begin;
  const moved = await attack();
  return { ...started, startedIn, endedIn: performance.now() - begin, backend: tf.getBackend(), moved };
}

run().then(
  (result) => {
    window.result = result;
  },
  (error) => {
    window.result = { error: error.message };
  },
);
