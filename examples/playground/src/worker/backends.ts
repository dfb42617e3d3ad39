// Registers the gradients, before those of wasm are.
import '@tensorflow/tfjs-layers';
import { enableThreads, registerWasmGradients } from '@cnnviz/wasm-gradients';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';

/** In order of preference. */
const backendNames = ['webgpu', 'webgl', 'wasm'] as const;
export type BackendName = (typeof backendNames)[number];

/** A backend on this machine, in words. */
export interface BackendState {
  name: BackendName;
  isAvailable: boolean;
  /** Why not, or what it runs on. */
  detail: string;
  /** Whether it is drawn by the processor where a graphics card is meant. */
  isSoftware: boolean;
}

const softwareRenderers = /swiftshader|llvmpipe|software|basic render/i;

/** What there is here, without starting any of it. */
export function backendsHere(): Promise<BackendState[]> {
  return Promise.all([webgpuHere(), webglHere(), wasmHere()]);
}

/** @throws Error that says why it does not start. */
export async function startBackend(name: BackendName): Promise<void> {
  const here = (await backendsHere()).find((backend) => backend.name === name);
  if (here === undefined) throw new Error(`There is no backend ${name}; there are ${backendNames.join(', ')}.`);
  if (!here.isAvailable) throw new Error(`${name} does not start: ${here.detail}.`);
  await starters[name]();
  await tf.ready();
}

const starters: Record<BackendName, () => Promise<void>> = {
  async webgpu() {
    await import('@tensorflow/tfjs-backend-webgpu');
    await use('webgpu');
  },
  async webgl() {
    await import('@tensorflow/tfjs-backend-webgl');
    await use('webgl');
  },
  async wasm() {
    if (tf.engine().registry.wasm === undefined) {
      setWasmPaths({
        'tfjs-backend-wasm.wasm': plain,
        'tfjs-backend-wasm-simd.wasm': simd,
        'tfjs-backend-wasm-threaded-simd.wasm': threaded,
      });
      registerWasmGradients();
    }
    await enableThreads({ threads: 1 });
  },
};

async function use(name: BackendName): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`${name} does not start.`);
}

interface GpuAdapter {
  isFallbackAdapter?: boolean;
  info?: { vendor: string; architecture: string; description: string; isFallbackAdapter?: boolean };
}

async function webgpuHere(): Promise<BackendState> {
  const missing = (detail: string): BackendState => ({ name: 'webgpu', isAvailable: false, detail, isSoftware: false });
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<GpuAdapter | null> } };
  if (gpu === undefined) {
    return missing(
      globalThis.isSecureContext
        ? 'this browser has no WebGPU'
        : 'WebGPU needs a page served over https or from localhost',
    );
  }
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter === null) return missing('the browser has WebGPU, but finds no graphics adapter for it');
  const { vendor = '', architecture = '', description = '' } = adapter.info ?? {};
  const what = [description || vendor, architecture].filter((word) => word !== '').join(' ');
  const isFallback = adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  return available('webgpu', what || 'a graphics adapter', isFallback || softwareRenderers.test(what));
}

async function webglHere(): Promise<BackendState> {
  const missing = (detail: string): BackendState => ({ name: 'webgl', isAvailable: false, detail, isSoftware: false });
  if (typeof OffscreenCanvas === 'undefined') {
    return missing('this browser has no canvas beside the page (OffscreenCanvas), where the work is done');
  }
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (gl === null) return missing('this browser has no WebGL 2, or it is switched off');
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const what = String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return available('webgl', what, softwareRenderers.test(what));
}

async function wasmHere(): Promise<BackendState> {
  if (typeof WebAssembly === 'undefined') {
    return { name: 'wasm', isAvailable: false, detail: 'this browser has no WebAssembly', isSoftware: false };
  }
  return available('wasm', 'the processor, one thread', false);
}

function available(name: BackendName, detail: string, isSoftware: boolean): BackendState {
  return { name, isAvailable: true, detail, isSoftware };
}

/** The first that starts, of those that do not imitate a graphics card; else the first of those. */
export async function startBestBackend(): Promise<BackendName> {
  const here = (await backendsHere()).filter(({ isAvailable }) => isAvailable);
  const reasons: string[] = [];
  for (const { name } of [...here.filter((each) => !each.isSoftware), ...here.filter((each) => each.isSoftware)]) {
    try {
      await startBackend(name);
      return name;
    } catch (error) {
      reasons.push(String(error));
    }
  }
  throw new Error(`No backend starts in this browser. ${reasons.join(' ')}`);
}
