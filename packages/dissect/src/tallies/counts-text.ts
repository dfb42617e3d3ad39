import { base64OfBytes, bytesOfBase64 } from '../data/base64.ts';

/** Whole numbers below 2^32 as text: base64 of their bytes, the lowest first. */
export function textOfCounts(counts: Uint32Array): string {
  const bytes = new Uint8Array(4 * counts.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < counts.length; index++) view.setUint32(4 * index, counts[index]!, true);
  return base64OfBytes(bytes);
}

/** @throws Error if the text is not what `textOfCounts` gives. */
export function countsOfText(text: string): Uint32Array {
  const { buffer, length } = bytesOfBase64(text);
  if (length % 4 !== 0) throw new Error(`${length} bytes are no counts`);
  const view = new DataView(buffer);
  const counts = new Uint32Array(length / 4);
  for (let index = 0; index < counts.length; index++) counts[index] = view.getUint32(4 * index, true);
  return counts;
}
