interface LayerOfConfig {
  class_name?: string;
  name?: string;
  config?: unknown;
  inbound_nodes?: unknown;
}

/**
 * The name of a layer of a LayersModel whose input no other layer gives, or of one that stands there twice; none in a
 * whole model. `loadLayersModel` of tfjs-layers 4.22 would wait for such an input for ever.
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

  /** How often each layer is applied so far. */
  const applied = new Map<string, number>();
  for (const layer of known) {
    const name = String(layer.name);
    if (applied.has(name)) return name;
    applied.set(name, layer.class_name === 'InputLayer' || isNetwork(layer) ? 1 : 0);
  }
  let waiting = known.flatMap(({ name, inbound_nodes }) =>
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

/** What tfjs-layers goes through as a list: also the letters of a text. */
function listOf(value: unknown): unknown[] {
  return Array.isArray(value) || typeof value === 'string' ? [...value] : [];
}

function isGiven(inputs: unknown, applied: ReadonlyMap<string, number>): boolean {
  return listOf(inputs).every((input) => {
    // tfjs-layers looks the input's name up in whatever stands there; in nothing at all it cannot, and throws.
    if (input === null || input === undefined) return true;
    const { 0: layer, 1: time } = input as [unknown, number];
    return !((applied.get(String(layer)) ?? 0) <= time) && applied.has(String(layer));
  });
}
