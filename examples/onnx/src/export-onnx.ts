import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { encodeOnnx, type OnnxNode, type OnnxWeights } from './onnx-file.ts';

export interface ExportOptions {
  /** Layers whose activations come out beside what the last layer gives. */
  hidden: readonly string[];
}

/**
 * Writes a chain of layers as an ONNX file: `images` `[n, channels, height, width]` to the output of the last layer and the
 * activations of hidden ones, each by the name of its layer.
 *
 * @throws Error that names the layer where one, or an option of it, cannot be translated.
 */
export async function exportOnnx(model: LayersModel, { hidden }: ExportOptions): Promise<Uint8Array> {
  const nodes: OnnxNode[] = [];
  const weights: OnnxWeights[] = [];
  let input = 'images';
  let before: unknown = model.inputs[0];
  for (const layer of model.layers.filter((layer) => layer.getClassName() !== 'InputLayer')) {
    if (layer.input !== before) throw new Error(`${layer.name}: only a chain of layers is written as ONNX`);
    before = layer.output;
    const translate = translations[layer.getClassName()];
    if (translate === undefined) throw new Error(`${layer.name}: a ${layer.getClassName()} cannot be written as ONNX`);
    const translated = await translate(new Layer(layer, input));
    nodes.push(...translated.nodes);
    weights.push(...translated.weights);
    input = layer.name;
  }
  return encodeOnnx({
    name: model.name,
    inputs: [{ name: 'images', shape: channelsFirst(model.inputs[0]!.shape) }],
    outputs: [input, ...hidden].map((name) => ({
      name,
      shape: channelsFirst(model.getLayer(name).outputShape as (number | null)[]),
    })),
    nodes,
    weights,
  });
}

interface Translated {
  nodes: OnnxNode[];
  weights: OnnxWeights[];
}

/** By the class of a layer. */
const translations: Readonly<Record<string, (layer: Layer) => Promise<Translated>>> = {
  Conv2D: async (layer) => {
    layer.require('dataFormat', 'channelsLast');
    layer.require('activation', 'linear');
    layer.require('dilationRate', [1, 1]);
    const weights = await layer.weights(['kernel', 'bias'], { kernel: [3, 2, 0, 1] });
    return { nodes: [layer.node('Conv', weights, layer.window('strides'))], weights };
  },
  BatchNormalization: async (layer) => {
    layer.require('axis', -1);
    layer.require('center', true);
    layer.require('scale', true);
    const weights = await layer.weights(['scale', 'offset', 'mean', 'variance']);
    return { nodes: [layer.node('BatchNormalization', weights, { epsilon: layer.config.epsilon as number })], weights };
  },
  ReLU: async (layer) => {
    layer.require('maxValue', null);
    return { nodes: [layer.node('Relu')], weights: [] };
  },
  MaxPooling2D: async (layer) => {
    layer.require('dataFormat', 'channelsLast');
    const window = { ...layer.window('strides'), kernel_shape: layer.config.poolSize as number[] };
    return { nodes: [layer.node('MaxPool', [], window)], weights: [] };
  },
  GlobalAveragePooling2D: async (layer) => {
    const pooled = `${layer.name}/pooled`;
    const nodes: OnnxNode[] = [
      { op: 'GlobalAveragePool', inputs: [layer.input], output: pooled },
      { op: 'Flatten', inputs: [pooled], output: layer.name },
    ];
    return { nodes, weights: [] };
  },
  Dense: async (layer) => {
    layer.require('activation', 'linear');
    const weights = await layer.weights(['kernel', 'bias']);
    return { nodes: [layer.node('Gemm', weights)], weights };
  },
};

/** A layer and where its input comes from. */
class Layer {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly input: string;
  readonly #tensors: readonly tf.Tensor[];

  constructor(layer: LayersModel['layers'][number], input: string) {
    this.name = layer.name;
    this.config = layer.getConfig();
    this.input = input;
    this.#tensors = layer.getWeights();
  }

  /** Throws where an option is not the one that is translated. */
  require(option: string, expected: unknown): void {
    const found = this.config[option] ?? null;
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    const values = `${option} must be ${JSON.stringify(expected)}, got ${JSON.stringify(found)}`;
    throw new Error(`${this.name}: ${values}: nothing else is written as ONNX`);
  }

  window(strides: string): { strides: number[]; auto_pad: string } {
    const padding = this.config.padding as string;
    return { strides: this.config[strides] as number[], auto_pad: padding === 'same' ? 'SAME_UPPER' : 'VALID' };
  }

  node(op: string, weights: readonly OnnxWeights[] = [], attributes: OnnxNode['attributes'] = {}): OnnxNode {
    return { op, inputs: [this.input, ...weights.map(({ name }) => name)], output: this.name, attributes };
  }

  /** The weights by name, as many as there are. `orders` says how the axes of one are to be ordered. */
  async weights(names: readonly string[], orders: Readonly<Record<string, number[]>> = {}): Promise<OnnxWeights[]> {
    return Promise.all(
      this.#tensors.map(async (tensor, index) => {
        const name = names[index]!;
        const ordered = orders[name] === undefined ? tf.clone(tensor) : tf.transpose(tensor, orders[name]);
        const values = Float32Array.from(await ordered.data());
        ordered.dispose();
        return { name: `${this.name}/${name}`, shape: ordered.shape, values };
      }),
    );
  }
}

/** `[n, height, width, channels]` to `[n, channels, height, width]`. */
function channelsFirst(shape: readonly (number | null)[]): (number | string)[] {
  const [, ...sizes] = shape;
  return ['n', ...(sizes.length === 3 ? [sizes[2], sizes[0], sizes[1]] : sizes).map((size) => size ?? 'any')];
}
