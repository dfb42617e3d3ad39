// tfjs-core goes before any backend: they share its registry, and a bundled copy loaded first would break it.
import '@tensorflow/tfjs-core';
import { activate } from './activate.ts';

export async function startCpu(): Promise<string> {
  await import('@tensorflow/tfjs-backend-cpu');
  await activate('cpu');
  return '1 thread of plain JavaScript';
}
