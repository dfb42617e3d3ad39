/** Bytes as text, in Node and in browsers. */
export function base64OfBytes(bytes: Uint8Array): string {
  let characters = '';
  const most = 0x8000;
  for (let start = 0; start < bytes.length; start += most) {
    characters += String.fromCharCode(...bytes.subarray(start, start + most));
  }
  return btoa(characters);
}

/** @throws Error if the text is no base64. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
