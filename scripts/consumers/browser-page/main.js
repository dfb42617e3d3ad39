import { enableThreads } from '@cnnviz/wasm-gradients';
import * as tf from '@tensorflow/tfjs-core';
import { attack } from './attack.js';
import { startWasm } from './start-wasm.js';

async function run() {
  const begin = performance.now();
  const asked = new URLSearchParams(location.search);
  // Without the address of a worker script, or with another one, if the page is asked to.
  const workerUrl = asked.get('worker') ?? undefined;
  const started = await (asked.has('blob') || workerUrl ? enableThreads({ workerUrl }) : startWasm());
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
