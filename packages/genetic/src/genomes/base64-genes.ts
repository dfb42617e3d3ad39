/** The bytes of float32 genes, little endian, as base64: exact, and a quarter of the size of decimal JSON. */
export function encodeGenes(genes: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(4 * genes.length));
  genes.forEach((gene, index) => {
    bytes.setFloat32(4 * index, gene, true);
  });
  let text = '';
  for (let start = 0; start < bytes.byteLength; start += 8192) {
    text += String.fromCharCode(...new Uint8Array(bytes.buffer, start, Math.min(8192, bytes.byteLength - start)));
  }
  return btoa(text);
}

/** @throws Error where the text is not base64. */
export function decodeGenes(text: string): Float32Array {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => view.getFloat32(4 * index, true));
}
