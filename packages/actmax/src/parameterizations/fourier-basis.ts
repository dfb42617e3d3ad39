/**
 * The real Fourier basis of `size` samples: orthonormal, the mean first, then cosine and sine of each frequency, and for
 * an even size the cosine that alternates.
 */
export interface FourierBasis {
  /** `[size, size]`: row k holds the samples of wave k. */
  readonly waves: Float32Array;
  /** The same transposed: row x holds what each wave is at sample x. */
  readonly samples: Float32Array;
  /** The frequency of each wave, in periods per sample: 0 to 1/2. */
  readonly frequencies: readonly number[];
}

export function fourierBasis(size: number): FourierBasis {
  const waves = new Float32Array(size * size);
  const samples = new Float32Array(size * size);
  const frequencies: number[] = [];
  for (let wave = 0; wave < size; wave++) {
    const periods = (wave + 1) >> 1;
    const isAlone = periods === 0 || 2 * periods === size;
    const amplitude = Math.sqrt((isAlone ? 1 : 2) / size);
    // Waves 1, 3, 5 … are cosines, 2, 4, 6 … sines.
    const quarterTurn = wave % 2 === 0 && periods > 0 ? Math.PI / 2 : 0;
    frequencies.push(periods / size);
    for (let sample = 0; sample < size; sample++) {
      const value = amplitude * Math.cos((2 * Math.PI * ((periods * sample) % size)) / size - quarterTurn);
      waves[wave * size + sample] = value;
      samples[sample * size + wave] = value;
    }
  }
  return { waves, samples, frequencies };
}
