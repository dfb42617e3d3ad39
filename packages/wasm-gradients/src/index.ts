export { registerWasmGradients } from './register.ts';
export { enableThreads, type Threads, type ThreadsOptions } from './threads.ts';
