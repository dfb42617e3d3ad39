import { type DecodedPng, decode } from 'fast-png';

/** The last chunk of every PNG file. */
const end = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);

/**
 * Decodes a PNG file; the decoder alone takes a file that was cut short and fills in zeros.
 *
 * @throws Error if it is no PNG file, cut short, or a chunk's checksum is wrong.
 */
export function decodeWholePng(file: Uint8Array): DecodedPng {
  const picture = decode(file, { checkCrc: true });
  const tail = file.subarray(-end.length);
  if (end.some((byte, i) => byte !== tail[i])) throw new Error('the end is missing');
  return picture;
}
