import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseBackend, mnist, type Progress, selectImages } from '@cnnviz/example-support';
import '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { type DemoOptions, type DemoResult, runDemo } from './demo.ts';

/** What a small demo wrote, for tests. */
export interface WrittenDemo {
  folder: string;
  page: string;
  result: DemoResult;
  /** Labels of its stages. */
  stages: string[];
  /** Tensors that it left. */
  leaked: number;
}

/** Runs the demo on a part of MNIST, on wasm, into a temporary folder that the caller removes. */
export async function writeSmallDemo({
  trainImages,
  testImages,
  ...options
}: { trainImages: number; testImages: number } & Partial<DemoOptions>): Promise<WrittenDemo> {
  const backend = await chooseBackend({ argv: ['--backend', 'wasm'], print: () => {} });
  const { train, test } = await mnist();
  const first = (count: number) => Array.from({ length: count }, (_, index) => index);
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const stages: string[] = [];
  const progress: Progress = {
    stage(label, _total, work) {
      stages.push(label);
      return work(() => {});
    },
  };
  const before = tf.memory().numTensors;
  const result = await runDemo({
    out: folder,
    seed: 0,
    backend,
    progress,
    data: { train: selectImages(train, first(trainImages)), test: selectImages(test, first(testImages)) },
    ...options,
  });
  const leaked = tf.memory().numTensors - before;
  return { folder, page: await readFile(result.page, 'utf8'), result, stages, leaked };
}
