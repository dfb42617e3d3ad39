interface LayerOfConfig {
  class_name?: string;
  name?: string;
  config?: unknown;
  inbound_nodes?: unknown;
}

/**
 * Finds a layer of a LayersModel that appears twice, or whose input comes from no other layer; undefined for a sound model.
 * `loadLayersModel` of tfjs-layers 4.22 would wait for such an input forever.
 */
export function unconnectedLayer(topology: unknown): string | undefined {
  const model = (topology as { model_config?: unknown }).model_config ?? topology;
  const { layers } = ((model as { config?: unknown }).config ?? {}) as { layers?: unknown };
  if (!Array.isArray(layers)) return undefined;
  const known = layers.filter((layer): layer is LayerOfConfig => typeof layer === 'object' && layer !== null);
  for (const layer of known) {
    const within = isNetwork(layer) ? unconnectedLayer(layer) : undefined;
    if (within !== undefined) return within;
  }
  if ((model as LayerOfConfig).class_name === 'Sequential') return undefined;
  return unconnectedAmong(known);
}

/** Applies the layers whose inputs are known, over and over, until none is left or none can be applied. */
function unconnectedAmong(layers: readonly LayerOfConfig[]): string | undefined {
  /** How often each layer has been applied so far. */
  const applied = new Map<string, number>();
  for (const layer of layers) {
    const name = String(layer.name);
    if (applied.has(name)) return name;
    applied.set(name, layer.class_name === 'InputLayer' || isNetwork(layer) ? 1 : 0);
  }
  let waiting = layers.flatMap(({ name, inbound_nodes }) =>
    listOf(inbound_nodes).map((inputs) => ({ name: String(name), inputs })),
  );
  for (;;) {
    const still = waiting.filter(({ name, inputs }) => {
      if (!isGiven(inputs, applied)) return true;
      const isApplied = Array.isArray(inputs) && inputs.length > 0;
      if (isApplied) applied.set(name, applied.get(name)! + 1);
      return false;
    });
    if (still.length === waiting.length) return still[0]?.name;
    waiting = still;
  }
}

function isNetwork({ class_name }: LayerOfConfig): boolean {
  return class_name === 'Model' || class_name === 'Functional' || class_name === 'Sequential';
}

/** What tfjs-layers iterates over, which includes the letters of a string. */
function listOf(value: unknown): unknown[] {
  return Array.isArray(value) || typeof value === 'string' ? [...value] : [];
}

function isGiven(inputs: unknown, applied: ReadonlyMap<string, number>): boolean {
  return listOf(inputs).every((input) => {
    // tfjs-layers looks up the input's name in any value but null and undefined, for which it throws.
    if (input === null || input === undefined) return true;
    const { 0: layer, 1: time } = input as [unknown, number];
    return !((applied.get(String(layer)) ?? 0) <= time) && applied.has(String(layer));
  });
}
