import { base64OfBytes, bytesOfBase64 } from '../data/base64.ts';

/** Float32 numbers as text, bit for bit: base64 of their bytes, the lowest first. */
export function textOfFloats(values: Float32Array): string {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat32(4 * index, value, true);
  });
  return base64OfBytes(bytes);
}

/** @throws Error if the text is not what `textOfFloats` gives. */
export function floatsOfText(text: string): Float32Array {
  const { buffer, length } = bytesOfBase64(text);
  if (length % 4 !== 0) throw new Error(`${length} bytes are no float32 numbers`);
  const view = new DataView(buffer);
  return Float32Array.from({ length: length / 4 }, (_, index) => view.getFloat32(4 * index, true));
}
