/** The maps of some units of a layer on one image: those that may fire. */
export interface SparseMaps {
  /** Rising. */
  units: Uint32Array;
  /** `[units.length, height, width]`. */
  maps: Float32Array;
}

/**
 * Takes the maps of the units that exceed their limit somewhere.
 *
 * @param activations `[height, width, units]`.
 * @param limits One per unit.
 * @param maxima The largest activation of each unit.
 */
export function mapsAbove(activations: Float32Array, limits: Float32Array, maxima: Float32Array): SparseMaps {
  const count = limits.length;
  const positions = activations.length / count;
  const above: number[] = [];
  maxima.forEach((activation, unit) => {
    if (activation > limits[unit]!) above.push(unit);
  });
  const units = Uint32Array.from(above);
  const maps = new Float32Array(units.length * positions);
  units.forEach((unit, row) => {
    for (let position = 0; position < positions; position++) {
      maps[row * positions + position] = activations[position * count + unit]!;
    }
  });
  return { units, maps };
}

/** Keeps those of the maps whose unit exceeds its limit somewhere. */
export function mapsStillAbove({ units, maps }: SparseMaps, limits: Float32Array): SparseMaps {
  const positions = maps.length / units.length;
  const mapOf = (row: number) => maps.subarray(row * positions, (row + 1) * positions);
  const rows = Array.from(units.keys()).filter((row) => {
    const limit = limits[units[row]!]!;
    return mapOf(row).some((activation) => activation > limit);
  });
  if (rows.length === units.length) return { units, maps };
  const kept = new Float32Array(rows.length * positions);
  rows.forEach((row, index) => {
    kept.set(mapOf(row), index * positions);
  });
  return { units: Uint32Array.from(rows, (row) => units[row]!), maps: kept };
}
