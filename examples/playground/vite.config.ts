import { defaultClientConditions, defineConfig } from 'vite';
import { sampleDigits } from './sample-digits.ts';

export default defineConfig({
  // Any folder of any static host.
  base: './',
  plugins: [sampleDigits()],
  worker: { format: 'es', plugins: () => [sampleDigits()] },
  // The packages' sources, so that nothing has to be built before.
  resolve: { conditions: ['@cnnviz/source', ...defaultClientConditions] },
  build: { target: 'es2022', chunkSizeWarningLimit: 4000, assetsInlineLimit: 0 },
});
