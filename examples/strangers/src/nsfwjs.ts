import { createRequire } from 'node:module';
import type { io } from '@tensorflow/tfjs-core';
import { pathIn } from './installed.ts';

/**
 * A network of npm's `nsfwjs`, which keeps topology and weights in modules of CommonJS, the weights as base64.
 *
 * @param name Of its folder in the package.
 * @param shards How many modules hold the weights.
 */
export function nsfwjsHandler(name: string, shards: number): io.IOHandler {
  return {
    load: async () => {
      const require = createRequire(import.meta.url);
      const read = (file: string) => require(pathIn('nsfwjs', `dist/models/${name}/${file}.min.js`));
      const { modelTopology, weightsManifest, signature } = read('model') as io.ModelJSON;
      const bytes = Array.from({ length: shards }, (_, i) =>
        Buffer.from(read(`group1-shard${i + 1}of${shards}`) as string, 'base64'),
      );
      return {
        modelTopology,
        ...(signature && { signature }),
        weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
        weightData: new Uint8Array(Buffer.concat(bytes)).buffer,
      };
    },
  };
}
