import { pictureCanvas } from '../../canvas.ts';
import type { Tiles } from '../../worker/units.ts';

/** A picture of tiles, with its rows and columns in words. */
export function tilesCanvas({ picture, columns, count }: Tiles, label: string, enlarge: number): HTMLCanvasElement {
  const rows = Math.ceil(count / columns);
  return pictureCanvas(picture, { label: `${label}; ${rows} ${rows === 1 ? 'row' : 'rows'} of ${columns}`, enlarge });
}
