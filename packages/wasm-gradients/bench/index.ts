// Time of gradients and training steps in units of the forward pass, all in this process on this backend.
//
//   pnpm --filter @cnnviz/wasm-gradients bench [name] [--json FILE] [--profile] [--runs N] [--threads N] [--steps N]
//
// --steps trains each model for N more steps and reports what tf.memory() and the wasm heap grew by.

import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { enableThreads, registerWasmGradients } from '../src/index.ts';
import { profileKernels } from './kernel-profile.ts';
import { type Subject, subjects } from './models.ts';
import { workOf } from './work.ts';

const bounds = { gradient: 3, step: 4.5 };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    profile: { type: 'boolean', default: false },
    runs: { type: 'string' },
    threads: { type: 'string' },
    steps: { type: 'string', default: '0' },
  },
});

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const heapMegabytes = () =>
  (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length / 1024 / 1024;

async function measure(subject: Subject) {
  const model = await subject.build();
  const works = workOf(subject, model);
  const times: Record<string, number[]> = {};
  for (const work of Object.values(works)) for (let i = 0; i < 2; i++) await work();
  const { numTensors, numBytes } = tf.memory();
  const heapBefore = heapMegabytes();
  const profile = options.profile ? profileKernels() : undefined;
  const runs = options.runs === undefined ? subject.runs : Number(options.runs);
  for (let run = 0; run < runs; run++) {
    for (const [name, work] of Object.entries(works)) {
      profile?.start(name);
      const start = performance.now();
      await work();
      times[name] = [...(times[name] ?? []), performance.now() - start];
    }
  }
  profile?.print(runs);
  for (let step = 0; step < Number(options.steps); step++) await works.step?.();
  if (tf.memory().numTensors !== numTensors || tf.memory().numBytes !== numBytes) {
    throw new Error(`${subject.name}: tf.memory() grew from ${numTensors} to ${tf.memory().numTensors} tensors`);
  }
  const heap = heapMegabytes();
  const medians = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
  const fastest = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.min(...all)]));
  model.dispose();
  tf.disposeVariables();
  return { name: subject.name, runs, medians, fastest, heap, heapGrew: heap - heapBefore };
}

registerWasmGradients();
const threads = await enableThreads(options.threads === undefined ? {} : { threads: Number(options.threads) });
console.log(
  `${threads.threads} threads${threads.reason === undefined ? '' : ` (${threads.reason})`}, ${cpus()[0]?.model}, node ${process.version}, tfjs ${tf.version_core}\n`,
);
console.log(
  'model                     forward    input gradient                        SGD step                              wasm heap',
);

const results = [];
for (const subject of subjects) {
  if (!positionals.every((part) => subject.name.toLowerCase().includes(part.toLowerCase()))) continue;
  const result = await measure(subject);
  results.push(result);
  const { forward } = result.medians;
  const cell = (work: 'gradient' | 'step') => {
    const time = result.medians[work];
    if (time === undefined) return '-'.padEnd(38);
    const ratio = time / forward!;
    const verdict = `${ratio <= bounds[work] ? 'pass' : 'MISS'} (${bounds[work]})`;
    const fastest = (result.fastest[work]! / result.fastest.forward!).toFixed(2);
    return `${time.toFixed(0).padStart(6)} ms ${ratio.toFixed(2)}x ${verdict}, fastest ${fastest}x`.padEnd(38);
  };
  console.log(
    `${subject.name.padEnd(24)}${forward!.toFixed(0).padStart(7)} ms  ${cell('gradient')}${cell('step')}${result.heap.toFixed(0).padStart(5)} MiB, grew ${result.heapGrew}`,
  );
}
if (options.json !== undefined) {
  await writeFile(options.json, `${JSON.stringify({ threads, bounds, results }, null, 2)}\n`);
}
