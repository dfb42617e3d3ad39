/** @throws Error for any layout but [n, h, w, c], the only one the wasm backend's convolutions know. */
export function requireChannelsLast(kernelName: string, dataFormat: string | undefined): void {
  if (dataFormat === undefined || dataFormat === 'NHWC') return;
  throw new Error(`@cnnviz/wasm-gradients: ${kernelName}: expected dataFormat 'NHWC', got '${dataFormat}'`);
}
