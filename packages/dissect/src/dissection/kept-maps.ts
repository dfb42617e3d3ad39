import { mapsAbove, mapsStillAbove, type SparseMaps } from '../tallies/sparse-maps.ts';
import type { DissectedLayer } from './dissected-layer.ts';
import type { ProbedImage } from './layer-activations.ts';

/** Keeps the maps that may still exceed their thresholds, within a number of bytes. */
export class KeptMaps {
  readonly #most: number;
  readonly #images = new Map<number, SparseMaps[]>();
  #bytes = 0;
  #isFull = false;

  constructor(most: number) {
    this.#most = most;
  }

  has(image: number): boolean {
    return this.#images.has(image);
  }

  /** Returns the maps of an image, one per layer, and forgets them. */
  take(image: number): SparseMaps[] | undefined {
    const maps = this.#images.get(image);
    this.#images.delete(image);
    return maps;
  }

  /** Keeps the maps of an image if there is room, and drops those that can no longer matter. */
  keep({ index, maps }: ProbedImage, layers: readonly DissectedLayer[]): void {
    if (this.#isFull) return;
    const bounds = layers.map(({ thresholds }) => thresholds.lowerBounds);
    const kept = maps.map(({ activations, maxima }, layer) => mapsAbove(activations, bounds[layer]!, maxima));
    this.#images.set(index, kept);
    this.#bytes += bytesOf(kept);
    if (this.#bytes <= this.#most) return;
    this.#bytes = 0;
    for (const [image, before] of this.#images) {
      const still = before.map((maps, layer) => mapsStillAbove(maps, bounds[layer]!));
      this.#images.set(image, still);
      this.#bytes += bytesOf(still);
    }
    // Sorting out again for less would cost more than it gains.
    this.#isFull = this.#bytes > 0.9 * this.#most;
    if (this.#bytes > this.#most) this.#images.delete(index);
  }
}

const bytesOf = (maps: readonly SparseMaps[]) =>
  maps.reduce((bytes, { units, maps }) => bytes + units.byteLength + maps.byteLength, 0);
