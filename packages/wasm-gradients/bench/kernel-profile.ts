import { getKernelsForBackend, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';

/** Counts and times every wasm kernel from now on; a kernel that runs another includes it. */
export function profileKernels() {
  const works = new Map<string, Map<string, { calls: number; time: number }>>();
  let current = new Map<string, { calls: number; time: number }>();
  for (const config of getKernelsForBackend('wasm')) {
    unregisterKernel(config.kernelName, 'wasm');
    registerKernel({
      ...config,
      kernelFunc: (args) => {
        const start = performance.now();
        const result = config.kernelFunc(args);
        const entry = current.get(config.kernelName) ?? { calls: 0, time: 0 };
        entry.calls++;
        entry.time += performance.now() - start;
        current.set(config.kernelName, entry);
        return result;
      },
    });
  }
  return {
    start(work: string) {
      current = works.get(work) ?? new Map();
      works.set(work, current);
    },
    print(runs: number) {
      for (const [work, kernels] of works) {
        console.log(`\n${work}: kernel, calls, ms`);
        const rows = [...kernels].sort(([, a], [, b]) => b.time - a.time);
        for (const [name, { calls, time }] of rows.slice(0, 22)) {
          console.log(
            `  ${name.padEnd(36)}${(calls / runs).toFixed(0).padStart(5)}${(time / runs).toFixed(2).padStart(9)}`,
          );
        }
      }
    },
  };
}
