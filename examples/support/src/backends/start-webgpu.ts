import { pathToFileURL } from 'node:url';
import '@tensorflow/tfjs-core';
import { activate } from './activate.ts';
import { installed } from './installed.ts';

export interface AdapterInfo {
  vendor?: string;
  architecture?: string;
  device?: string;
  description?: string;
  isFallbackAdapter?: boolean;
}

interface Adapter {
  info: AdapterInfo;
  isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

/** What the npm package `webgpu`, Dawn's binding for Node, exports. */
interface WebgpuBinding {
  create(options: readonly string[]): Gpu;
  globals: Record<string, unknown>;
}

interface StartWebgpuOptions {
  /** Also run on an adapter that computes on the CPU: right for a trial, slower than wasm. Default `false`. */
  acceptSoftware?: boolean;
  /** Path of an installed package, `undefined` if it is not installed. Default {@link installed}. */
  resolve?: (packageName: string) => string | undefined;
  /** Default `import()`. */
  load?: (path: string) => Promise<WebgpuBinding>;
  /** Registers and starts TensorFlow.js' backend on `navigator.gpu`. */
  startBackend?: () => Promise<void>;
}

export async function startWebgpu({
  acceptSoftware = false,
  resolve = installed,
  load = (path) => import(pathToFileURL(path).href),
  startBackend = async () => {
    await import('@tensorflow/tfjs-backend-webgpu');
    await activate('webgpu');
  },
}: StartWebgpuOptions = {}): Promise<string> {
  const path = resolve('webgpu');
  if (path === undefined) throw new Error('the npm package webgpu is not installed');
  const { create, globals } = await load(path);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('it finds no adapter, that is no GPU driver for Vulkan, Metal or Direct3D 12');
  const description = describeAdapter(adapter.info);
  if (!acceptSoftware && (adapter.isFallbackAdapter || isSoftwareAdapter(adapter.info))) {
    throw new Error(`its only adapter is software, ${description}`);
  }
  // The backend registers itself when it is imported, and only if `navigator.gpu` is there by then.
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  await startBackend();
  return `adapter ${description}`;
}

/** True for Vulkan drivers that compute on the CPU: SwiftShader, Mesa's llvmpipe and lavapipe, Direct3D's WARP. */
export function isSoftwareAdapter(info: AdapterInfo): boolean {
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render driver|\bwarp\b/i.test(names);
}

function describeAdapter({ vendor, architecture, device, description }: AdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'without a name';
}
