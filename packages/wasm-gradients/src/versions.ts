/** The version whose internals are used here; another minor version may organize its heap or its caches differently. */
const MADE_FOR = '4.22';

/** @throws Error if either version is of a different minor release than this package requires. */
export function requireVersions(versions: { readonly core: string; readonly wasm: string }): void {
  const packages = { core: '@tensorflow/tfjs-core', wasm: '@tensorflow/tfjs-backend-wasm' } as const;
  for (const part of ['core', 'wasm'] as const) {
    const version = versions[part];
    if (version === MADE_FOR || version.startsWith(`${MADE_FOR}.`)) continue;
    throw new Error(
      `@cnnviz/wasm-gradients: registerWasmGradients: expected ${packages[part]} ${MADE_FOR}.x, got ${version}`,
    );
  }
}
