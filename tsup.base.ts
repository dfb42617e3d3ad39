import type { Options } from 'tsup';

/** What every published package is built with: ESM, CommonJS and types; the private `@cnnviz/internal` is bundled. */
export const library: Options = {
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'es2022',
  platform: 'neutral',
  dts: { resolve: ['@cnnviz/internal'] },
  noExternal: ['@cnnviz/internal'],
  esbuildOptions: (options) => {
    options.conditions = ['@cnnviz/source'];
  },
  sourcemap: true,
  clean: true,
};
