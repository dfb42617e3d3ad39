/** The grating, a plane sine wave over its input, that a filter responds to most. */
export interface PreferredGrating {
  /** Cycles per pixel of the layer's input, up to 0.5; 0 if the filter responds to no grating. */
  frequency: number;
  /** Direction of the bars in degrees, counter-clockwise from horizontal, in [0, 180); 0 if it responds to no grating. */
  orientation: number;
  /**
   * 1 - the circular variance of the responses to gratings of all orientations at the preferred frequency: 0 if they are
   * equal, 1 if it responds to a single orientation.
   */
  selectivity: number;
}

/**
 * Finds the grating that a filter responds to most, and how sharply it prefers its orientation.
 *
 * The response of a linear filter to a grating of frequency vector f is the modulus of its Fourier transform at f, here
 * the root of the sum of squares over input channels. Each channel's mean is subtracted first, so that a response
 * to brightness is not mistaken for one to slow gratings. Frequencies from one cycle in the kernel's longer side to 0.5 are
 * searched: slower ones do not fit into the kernel, and pixels cannot show faster ones.
 *
 * @param weights One filter, `[height][width][channels]` row by row.
 * @see Ringach, Shapley, Hawken, "Orientation selectivity in macaque V1", Journal of Neuroscience 22(13), 2002,
 *   https://doi.org/10.1523/JNEUROSCI.22-13-05639.2002.
 */
export function preferredGrating(
  weights: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
): PreferredGrating {
  const none = { frequency: 0, orientation: 0, selectivity: 0 };
  const correlations = autocorrelation(weights, [height, width, channels]);
  const energy = correlations[width - 1]!;
  const slowest = 1 / Math.max(height, width);
  if (energy <= 0 || slowest > fastest) return none;
  const power = powerOf(correlations, width);
  const answer = (down: number, right: number) => Math.sqrt(Math.max(0, power(down, right)));

  let best = { frequency: slowest, angle: 0, answer: -1 };
  const propose = (frequency: number, angle: number) => {
    const proposed = answer(frequency * Math.sin(angle), frequency * Math.cos(angle));
    if (proposed > best.answer) best = { frequency, angle, answer: proposed };
  };
  // A peak of the transform is at least two bins of the kernel's own DFT wide: a quarter of a bin cannot miss it.
  const step = slowest / 4;
  const rings = Math.ceil((fastest - slowest) / step);
  for (let ring = 0; ring <= rings; ring++) {
    const frequency = Math.min(fastest, slowest + ring * step);
    const spokes = Math.ceil((Math.PI * frequency) / step);
    for (let spoke = 0; spoke < spokes; spoke++) propose(frequency, (Math.PI * spoke) / spokes);
  }
  for (let reach = step / 2; reach > step / 4096; reach /= 2) {
    const { frequency, angle } = best;
    for (const slower of [-1, 0, 1]) {
      for (const turned of [-1, 0, 1]) {
        const neighbor = Math.min(fastest, Math.max(slowest, frequency + slower * reach));
        propose(neighbor, angle + (turned * reach) / frequency);
      }
    }
  }
  if (best.answer <= 1e-6 * Math.sqrt(energy)) return none;

  let total = 0;
  let cosine = 0;
  let sine = 0;
  const orientations = 180;
  for (let index = 0; index < orientations; index++) {
    const angle = (Math.PI * index) / orientations;
    const response = answer(best.frequency * Math.sin(angle), best.frequency * Math.cos(angle));
    total += response;
    cosine += response * Math.cos(2 * angle);
    sine += response * Math.sin(2 * angle);
  }
  // The wave runs across the bars; rows count downwards, angles upwards.
  const bars = 90 - (best.angle * 180) / Math.PI;
  return {
    frequency: best.frequency,
    orientation: ((bars % 180) + 180) % 180,
    selectivity: Math.hypot(cosine, sine) / total,
  };
}

/** The Nyquist frequency. */
const fastest = 0.5;

/**
 * Half of the autocorrelation, summed over channels; the other half is its mirror image. `[height][2 width - 1]` by lag
 * down and right, the middle column being no lag to the right; the first row's left half is the mirror of its right.
 */
function autocorrelation(
  weights: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
): Float64Array {
  const pixels = height * width;
  const centered = new Float64Array(pixels * channels);
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let pixel = 0; pixel < pixels; pixel++) sum += weights[pixel * channels + channel]!;
    for (let pixel = 0; pixel < pixels; pixel++) {
      centered[pixel * channels + channel] = weights[pixel * channels + channel]! - sum / pixels;
    }
  }
  const columns = 2 * width - 1;
  const correlations = new Float64Array(height * columns);
  for (let down = 0; down < height; down++) {
    for (let right = 1 - width; right < width; right++) {
      let correlation = 0;
      for (let y = 0; y + down < height; y++) {
        for (let x = Math.max(0, -right); x < Math.min(width, width - right); x++) {
          const here = (y * width + x) * channels;
          const there = ((y + down) * width + x + right) * channels;
          for (let channel = 0; channel < channels; channel++) {
            correlation += centered[here + channel]! * centered[there + channel]!;
          }
        }
      }
      correlations[down * columns + right + width - 1] = correlation;
    }
  }
  return correlations;
}

/**
 * Squared modulus of the Fourier transform at a frequency: the Fourier transform of the autocorrelation
 * (Wiener-Khinchin).
 */
function powerOf(correlations: Float64Array, width: number): (down: number, right: number) => number {
  const columns = 2 * width - 1;
  const height = correlations.length / columns;
  const cosines = new Float64Array(columns);
  const sines = new Float64Array(columns);
  return (down, right) => {
    for (let column = 0; column < columns; column++) {
      const phase = 2 * Math.PI * right * (column - width + 1);
      cosines[column] = Math.cos(phase);
      sines[column] = Math.sin(phase);
    }
    let power = 0;
    for (let row = 0; row < height; row++) {
      let even = 0;
      let odd = 0;
      for (let column = 0; column < columns; column++) {
        const correlation = correlations[row * columns + column]!;
        even += correlation * cosines[column]!;
        odd += correlation * sines[column]!;
      }
      const phase = 2 * Math.PI * down * row;
      power += (row === 0 ? 1 : 2) * (even * Math.cos(phase) - odd * Math.sin(phase));
    }
    return power;
  };
}
