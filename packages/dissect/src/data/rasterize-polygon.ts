type Size = readonly [height: number, width: number];

/**
 * Marks the pixels whose centers are inside a polygon, by the even-odd rule, along scan lines: each edge is met only on the
 * rows that it crosses. A center on a left or upper edge is inside, on a right or lower one outside.
 *
 * @param corners `[x1, y1, x2, y2, …]`, in pixels of the image.
 * @param imageSize That the corners are in.
 * @param mask `[rows, columns]`, laid over the image: 1 is added inside, nothing is taken away.
 * @param maskSize `[rows, columns]`.
 */
export function rasterizePolygon(corners: Float64Array, imageSize: Size, mask: Uint8Array, maskSize: Size): void {
  const [height, width] = imageSize;
  const [rows, columns] = maskSize;
  for (const [row, crossings] of crossingsByRow(corners, height, rows)) {
    crossings.sort((a, b) => a - b);
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const first = firstCenter(crossings[index]!, width, columns);
      const end = firstCenter(crossings[index + 1]!, width, columns);
      if (first < end) mask.fill(1, row * columns + first, row * columns + end);
    }
  }
}

/** For each row that the polygon meets, where its edges cross the line through the centers of the row's pixels. */
function crossingsByRow(corners: Float64Array, height: number, rows: number): Map<number, number[]> {
  const found = new Map<number, number[]>();
  let [x1, y1] = [corners[corners.length - 2]!, corners[corners.length - 1]!];
  for (let corner = 0; corner < corners.length; corner += 2) {
    const [x2, y2] = [corners[corner]!, corners[corner + 1]!];
    const end = firstCenter(Math.max(y1, y2), height, rows);
    for (let row = firstCenter(Math.min(y1, y2), height, rows); row < end; row++) {
      const y = centerOf(row, height, rows);
      const crossing = x1 + ((x2 - x1) * (y - y1)) / (y2 - y1);
      const ofRow = found.get(row);
      if (ofRow === undefined) found.set(row, [crossing]);
      else ofRow.push(crossing);
    }
    [x1, y1] = [x2, y2];
  }
  return found;
}

const centerOf = (cell: number, length: number, cells: number) => ((cell + 0.5) * length) / cells;

/** The first of some cells along a length whose center is at or after a place. */
function firstCenter(place: number, length: number, cells: number): number {
  const near = Math.ceil((place * cells) / length - 0.5);
  let cell = Math.min(cells, Math.max(0, near));
  // Rounding may be off by one.
  while (cell > 0 && centerOf(cell - 1, length, cells) >= place) cell--;
  while (cell < cells && centerOf(cell, length, cells) < place) cell++;
  return cell;
}
