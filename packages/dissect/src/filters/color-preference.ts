/** Whether a filter on RGB is selective for color, and for which. */
export interface ColorPreference {
  /**
   * Share of the filter's energy that is off the gray axis: 0 if red, green and blue weights are equal everywhere, 1 if
   * they add up to zero everywhere. Independent weights have 2/3 on average.
   */
  selectivity: number;
  /**
   * 1 - Σ|r + g + b| / Σ(|r| + |g| + |b|) over the kernel's pixels: 0 if no pixel has weights of both signs, 1 if
   * excitation and inhibition balance at every pixel, as in red against green.
   */
  opponency: number;
  /**
   * The direction in RGB, of length 1 and orthogonal to gray, along which the weights vary most; its largest component
   * is positive. `[0.71, -0.71, 0]` is red against green. Zeros if the filter has no color.
   */
  axis: [r: number, g: number, b: number];
}

/**
 * Measures whether a filter on RGB is selective for color, and for which.
 *
 * A unit is spectrally opponent if some colors excite it and others inhibit it; `opponency` measures that by the
 * weights themselves, pixel by pixel, so that it needs no images.
 *
 * @param weights One filter, `[pixels][3]`.
 * @see Harris, Mihai, Hare, "How convolutional neural network architecture biases learned opponency and color tuning",
 *   Neural Computation 33(4), 2021, https://doi.org/10.1162/neco_a_01356, for opponency.
 */
export function colorPreference(weights: ArrayLike<number>): ColorPreference {
  let energy = 0;
  let gray = 0;
  let sums = 0;
  let magnitudes = 0;
  // The second moments of the weights in the plane orthogonal to gray, on two axes of that plane.
  let uu = 0;
  let uv = 0;
  let vv = 0;
  for (let index = 0; index + 2 < weights.length; index += 3) {
    const r = weights[index]!;
    const g = weights[index + 1]!;
    const b = weights[index + 2]!;
    energy += r * r + g * g + b * b;
    gray += (r + g + b) ** 2 / 3;
    sums += Math.abs(r + g + b);
    magnitudes += Math.abs(r) + Math.abs(g) + Math.abs(b);
    const u = (r - g) / Math.SQRT2;
    const v = (r + g - 2 * b) / Math.sqrt(6);
    uu += u * u;
    uv += u * v;
    vv += v * v;
  }
  if (energy === 0) return { selectivity: 0, opponency: 0, axis: [0, 0, 0] };
  const selectivity = Math.max(0, 1 - gray / energy);
  const opponency = Math.max(0, 1 - sums / magnitudes);
  if (uu + vv <= 1e-12 * energy) return { selectivity, opponency, axis: [0, 0, 0] };
  const angle = Math.atan2(2 * uv, uu - vv) / 2;
  const u = Math.cos(angle) / Math.SQRT2;
  const v = Math.sin(angle) / Math.sqrt(6);
  const axis: [number, number, number] = [v + u, v - u, -2 * v];
  const largest = axis.reduce((most, part) => (Math.abs(part) > Math.abs(most) + 1e-12 ? part : most));
  return { selectivity, opponency, axis: largest < 0 ? (axis.map((part) => -part) as typeof axis) : axis };
}
