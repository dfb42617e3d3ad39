import { defaultClientConditions, defineConfig } from 'vite';
import { sampleDigits } from './sample-digits.ts';

export default defineConfig({
  // Any folder of any static host.
  base: './',
  plugins: [sampleDigits()],
  worker: { format: 'es', plugins: () => [sampleDigits()] },
  // The packages' sources, so that nothing has to be built before.
  resolve: {
    conditions: ['@cnnviz/source', ...defaultClientConditions],
    // One file each instead of a thousand modules, which take longer to build.
    alias: [
      {
        find: /^@tensorflow\/tfjs-(core|layers|converter|backend-(?:wasm|webgl|webgpu))$/,
        replacement: '@tensorflow/tfjs-$1/dist/tf-$1.fesm.min.js',
      },
    ],
  },
  build: { target: 'es2022', chunkSizeWarningLimit: 4000, assetsInlineLimit: 0 },
});
