/** Bytes as text, in Node and in browsers. */
export function base64Of(bytes: Uint8Array): string {
  let characters = '';
  const most = 0x8000;
  for (let start = 0; start < bytes.length; start += most) {
    characters += String.fromCharCode(...bytes.subarray(start, start + most));
  }
  return btoa(characters);
}
