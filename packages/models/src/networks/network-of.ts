import type { Check } from '@cnnviz/internal';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type GraphTopology, graphNetwork } from './graph-network.ts';
import { type LayerContainer, layersNetwork } from './layers-network.ts';
import type { Network } from './network.ts';

/** A model of TensorFlow.js, from `loadLayersModel` of tfjs-layers or `loadGraphModel` of tfjs-converter. */
export type AnyModel = LayersModel | GraphModel<string | io.IOHandler> | GraphModel<io.IOHandlerSync>;

export function networkOf(check: Check, model: AnyModel): Network {
  if (isLayersModel(model)) return layersNetwork(requireInput(check, model));
  if (isGraphModel(model)) return graphNetwork(model, topologyOf(check, model));
  return check.fail('type', 'model', 'a LayersModel or a GraphModel', model);
}

/** Recognizes a model by its members, because a program may hold several copies of tfjs-layers. */
export function isLayersModel(model: unknown): model is LayersModel {
  return typeof model === 'object' && model !== null && 'layers' in model && 'getLayer' in model;
}

export function isGraphModel(model: unknown): model is GraphModel<string | io.IOHandler> {
  return typeof model === 'object' && model !== null && 'outputNodes' in model && 'execute' in model;
}

function requireInput(check: Check, model: LayersModel): LayerContainer {
  if (!model.inputs?.length || !model.outputs?.length) {
    check.failBecause('state', 'the model has no input yet: give its first layer an inputShape');
  }
  return model as unknown as LayerContainer;
}

/** The graph of a GraphModel, which it keeps in a private member. */
export function topologyOf(check: Check, model: GraphModel<string | io.IOHandler>): GraphTopology {
  const { artifacts } = model as unknown as { artifacts?: { modelTopology?: Partial<GraphTopology> } };
  const topology = artifacts?.modelTopology;
  if (!Array.isArray(topology?.node)) {
    return check.failBecause('state', 'the GraphModel has no graph yet: await its loading first');
  }
  return topology as GraphTopology;
}
