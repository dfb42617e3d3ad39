import type { LayersTopology, LayerTopology, NodeTopology, TensorTopology } from './options.ts';

/**
 * One application of a layer: a layer that several models share, or that a model uses more than once, has several. Each
 * exists once, so that it can be looked up by identity.
 */
export interface Application {
  layer: LayerTopology;
  node: NodeTopology;
}

const applications = new WeakMap<object, Application>();

/** `nodeIndex` counts the applications of a layer in all models. */
export function applicationOf(layer: LayerTopology, nodeIndex?: number): Application {
  // A model that is used as a layer has a node of its own first, without inputs.
  const first = layer.inboundNodes.find(({ inboundLayers }) => inboundLayers.length > 0) ?? layer.inboundNodes[0];
  const node = nodeIndex === undefined ? first : layer.inboundNodes[nodeIndex];
  const key = node ?? layer;
  const known = applications.get(key) ?? { layer, node: node ?? { inboundLayers: [] } };
  applications.set(key, known);
  return known;
}

export const sourceOf = ({ sourceLayer, nodeIndex }: TensorTopology): Application =>
  applicationOf(sourceLayer, nodeIndex);

export const inputsOf = ({ node }: Application): Application[] =>
  node.inboundLayers.map((layer, index) => applicationOf(layer, node.nodeIndices?.[index]));

/** The applications that lead to what the model gives; those of its layers if it does not say what that is. */
export function applicationsOf({ layers, outputs }: LayersTopology): ReadonlySet<Application> {
  const found = new Set<Application>(outputs?.map(sourceOf) ?? layers.map((layer) => applicationOf(layer)));
  for (const application of found) for (const input of inputsOf(application)) found.add(input);
  return found;
}

export const isModel = (layer: LayerTopology): layer is LayerTopology & LayersTopology =>
  'layers' in layer && Array.isArray(layer.layers);
