/**
 * The largest activation of each unit on one image.
 *
 * @param activations `[height, width, units]`, finite.
 */
export function unitMaxima(activations: Float32Array, units: number): Float32Array {
  const maxima = activations.slice(0, units);
  for (let start = units; start < activations.length; start += units) {
    for (let unit = 0; unit < units; unit++) {
      const activation = activations[start + unit]!;
      if (activation > maxima[unit]!) maxima[unit] = activation;
    }
  }
  return maxima;
}
