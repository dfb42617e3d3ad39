import { pathToFileURL } from 'node:url';
import { resolveInstalled } from './installed.ts';

interface WebgpuBinding {
  create(options: string[]): { requestAdapter(): Promise<unknown> };
  globals: Record<string, unknown>;
}

/** Puts `navigator.gpu` and WebGPU's classes where the backend looks for them, which it does when it is imported. */
export async function provideWebgpu(): Promise<void> {
  const entry = resolveInstalled(['webgpu']);
  if (entry === undefined) throw new Error('the package webgpu is not installed');
  const { create, globals } = (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as WebgpuBinding;
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) throw new Error('webgpu finds no adapter');
  Object.assign(globalThis, globals);
  if (globalThis.navigator === undefined) Object.defineProperty(globalThis, 'navigator', { value: {} });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
}
