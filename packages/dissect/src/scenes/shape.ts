/** A region of the plane, x to the right and y downwards. */
export type Shape =
  | { readonly ellipse: readonly [centerX: number, centerY: number, radiusX: number, radiusY: number] }
  | { readonly polygon: readonly (readonly [x: number, y: number])[] };

/** Whether a point is inside; of a polygon by the even-odd rule. */
export function isInside(shape: Shape, x: number, y: number): boolean {
  if ('ellipse' in shape) {
    const [centerX, centerY, radiusX, radiusY] = shape.ellipse;
    return ((x - centerX) / radiusX) ** 2 + ((y - centerY) / radiusY) ** 2 <= 1;
  }
  let inside = false;
  let previous = shape.polygon.at(-1)!;
  for (const corner of shape.polygon) {
    const [x1, y1] = previous;
    const [x2, y2] = corner;
    if (y1 > y !== y2 > y && x < x1 + ((x2 - x1) * (y - y1)) / (y2 - y1)) inside = !inside;
    previous = corner;
  }
  return inside;
}
