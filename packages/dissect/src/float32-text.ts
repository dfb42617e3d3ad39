/** Float32 numbers as text, bit for bit: base64 of their bytes, the lowest first. */
export function textOfFloats(values: Float32Array): string {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat32(4 * index, value, true);
  });
  let characters = '';
  const most = 0x8000;
  for (let start = 0; start < bytes.length; start += most) {
    characters += String.fromCharCode(...bytes.subarray(start, start + most));
  }
  return btoa(characters);
}

/** @throws Error if the text is not what `textOfFloats` gives. */
export function floatsOfText(text: string): Float32Array {
  const characters = atob(text);
  if (characters.length % 4 !== 0) throw new Error(`${characters.length} bytes are no float32 numbers`);
  const view = new DataView(Uint8Array.from(characters, (character) => character.charCodeAt(0)).buffer);
  return Float32Array.from({ length: characters.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
}
