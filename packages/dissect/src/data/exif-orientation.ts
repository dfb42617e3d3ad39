/**
 * How a JPEG file says that its pixels are to be turned, by the tag that cameras write: 1 to 8, and 1, as they are, where it
 * does not say.
 *
 * @see "Exchangeable image file format for digital still cameras: Exif Version 2.32", CIPA DC-008, section 4.6.4.
 */
export function exifOrientation(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let place = 2; place + 4 <= file.length && file[place] === 0xff; ) {
    const marker = file[place + 1]!;
    // Any number of these may come before a marker.
    if (marker === 0xff) {
      place++;
      continue;
    }
    // The pixels begin.
    if (marker === 0xda || marker === 0xd9) return 1;
    const end = place + 2 + view.getUint16(place + 2);
    const isExif = marker === 0xe1 && exif.every((byte, index) => file[place + 4 + index] === byte);
    if (isExif) return orientationOfTiff(file.subarray(place + 4 + exif.length, end));
    place = end;
  }
  return 1;
}

/** `Exif`, with two zeros. */
const exif = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** The tag is in the first directory: entries of 12 bytes with tag, type, count and value. */
function orientationOfTiff(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return 1;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const isLittle = order === 0x4949;
  const directory = view.getUint32(4, isLittle);
  if (view.getUint16(2, isLittle) !== 42 || directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, isLittle);
  for (let entry = 0; entry < entries; entry++) {
    const place = directory + 2 + 12 * entry;
    if (place + 12 > tiff.length) return 1;
    if (view.getUint16(place, isLittle) !== 0x0112) continue;
    const isShort = view.getUint16(place + 2, isLittle) === 3 && view.getUint32(place + 4, isLittle) === 1;
    const orientation = view.getUint16(place + 8, isLittle);
    return isShort && orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

/**
 * Turns RGB pixels as an orientation says, so that they look as people see them.
 *
 * @param pixels `[height, width, 3]`.
 * @param orientation 1 to 8; from 5 on height and width change places.
 */
export function orient(
  pixels: Uint8Array,
  [height, width]: readonly [number, number],
  orientation: number,
): { pixels: Uint8Array; height: number; width: number } {
  if (orientation === 1) return { pixels, height, width };
  const isTurned = orientation >= 5;
  const [rows, columns] = isTurned ? [width, height] : [height, width];
  const [isUpward, isLeftward] = readBackward[orientation]!;
  const oriented = new Uint8Array(pixels.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [down, across] = isTurned ? [column, row] : [row, column];
      const storedRow = isUpward ? height - 1 - down : down;
      const storedColumn = isLeftward ? width - 1 - across : across;
      const from = 3 * (storedRow * width + storedColumn);
      const to = 3 * (row * columns + column);
      for (let channel = 0; channel < 3; channel++) oriented[to + channel] = pixels[from + channel]!;
    }
  }
  return { pixels: oriented, height: rows, width: columns };
}

/** For each orientation, whether stored rows are read from the last one, and stored columns. */
const readBackward: Record<number, readonly [rows: boolean, columns: boolean]> = {
  2: [false, true],
  3: [true, true],
  4: [true, false],
  5: [false, false],
  6: [true, false],
  7: [true, true],
  8: [false, true],
};
