// Gradients and training steps with the stock kernels of tfjs-node and with those of this package, in turns.
//
//   pnpm --filter @cnnviz/tensorflow-gradients bench [name] [--runs N]

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { type Subject, subjects } from '../../wasm-gradients/bench/models.ts';
import { workOf } from '../../wasm-gradients/bench/work.ts';
import { registerTensorflowGradients } from '../src/index.ts';
import { loadNative, NATIVE_PACKAGES } from '../test-support/load-native.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '9' } },
});

const REPLACED = ['Step', 'Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter'];

/** What is registered now; calling it registers that again. */
function snapshot(): () => void {
  const kernels = REPLACED.map((name) => tf.getKernel(name, 'tensorflow'));
  const gradient = tf.getGradient('Relu');
  return () => {
    for (const kernel of kernels) {
      tf.unregisterKernel(kernel.kernelName, 'tensorflow');
      tf.registerKernel(kernel);
    }
    tf.registerGradient(gradient);
  };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function measure(subject: Subject, sides: { stock: () => void; ours: () => void }): Promise<string> {
  const model = await subject.build();
  const cells: string[] = [];
  for (const [name, work] of Object.entries(workOf(subject, model))) {
    if (name === 'forward') continue;
    const times = { stock: [] as number[], ours: [] as number[] };
    // The first pair warms up.
    for (let run = 0; run <= Number(options.runs); run++) {
      for (const side of run % 2 === 0 ? (['stock', 'ours'] as const) : (['ours', 'stock'] as const)) {
        sides[side]();
        const start = performance.now();
        await work();
        if (run > 0) times[side].push(performance.now() - start);
      }
    }
    const ratio = median(times.ours.map((time, run) => time / times.stock[run]!));
    cells.push(
      `${median(times.stock).toFixed(0)} ms, ${median(times.ours).toFixed(0)} ms, ${ratio.toFixed(2)}`.padEnd(26),
    );
  }
  model.dispose();
  tf.disposeVariables();
  return `${subject.name.padEnd(20)}${cells.join('')}`;
}

if (loadNative()) await main();
else console.log(`Not measured: none of ${NATIVE_PACKAGES.join(', ')} is installed`);

async function main(): Promise<void> {
  const stock = snapshot();
  registerTensorflowGradients();
  const ours = snapshot();
  await tf.setBackend('tensorflow');
  console.log(
    `${cpus()[0]?.model}, node ${process.version}; stock, ours, median of ours / stock over ${options.runs} pairs\n`,
  );
  console.log(`${''.padEnd(20)}${'input gradient'.padEnd(26)}SGD step`);
  for (const subject of subjects) {
    if (!positionals.every((part) => subject.name.toLowerCase().includes(part.toLowerCase()))) continue;
    console.log(await measure(subject, { stock, ours }));
  }
}
