import { contours } from 'd3-contour';

/**
 * The border of a mask as the path of an SVG, corners cut: closed lines, to be filled by the even-odd rule.
 *
 * @param mask `[height, width]`, row by row, not 0 inside.
 * @returns In half pixels, so that all numbers are whole; empty if nothing is inside.
 */
export function maskOutline(mask: Uint8Array, [height, width]: readonly [height: number, width: number]): string {
  const { coordinates } = contours().size([width, height]).smooth(false).contour(Array.from(mask, Number), 0.5);
  return coordinates.flat().map(ringPath).join('');
}

/** Relative steps, those of one direction together. The first point comes again as the last. */
function ringPath(ring: readonly number[][]): string {
  const points = ring.map(([x, y]) => [Math.round(2 * x!), Math.round(2 * y!)] as const);
  const [first] = points;
  if (first === undefined) return '';
  const steps: [dx: number, dy: number][] = [];
  for (const [index, [x, y]] of points.slice(1).entries()) {
    const step: [number, number] = [x - points[index]![0], y - points[index]![1]];
    const last = steps.at(-1);
    const isStraight = last !== undefined && last[0] * step[1] === last[1] * step[0];
    if (isStraight && last[0] * step[0] + last[1] * step[1] > 0) {
      last[0] += step[0];
      last[1] += step[1];
    } else steps.push(step);
  }
  // Closing draws the last one.
  const drawn = steps.slice(0, -1).map(([dx, dy]) => `${dx}${dy < 0 ? '' : ' '}${dy}`);
  return `M${first.join(' ')}l${drawn.join(' ')}z`;
}
