import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

interface Node {
  name: string;
  op: string;
  input?: string[];
  attr?: object;
}

type Weights = Record<string, { shape: number[]; values: readonly number[]; dtype?: 'int32' }>;

const float = { type: 'DT_FLOAT' };
const whole = { type: 'DT_INT32' };

/** An input; -1 is an open size. */
export const placeholder = (name: string, shape: readonly number[], dtype: object = float): Node => ({
  name,
  op: 'Placeholder',
  attr: { dtype, shape: { shape: { dim: shape.map((size) => ({ size: String(size) })) } } },
});

export const wholePlaceholder = (name: string, shape: readonly number[]): Node => placeholder(name, shape, whole);

/** Any operation on floats. */
export const node = (op: string, name: string, input: string[], attr: object = {}): Node => ({
  name,
  op,
  input,
  attr: { T: float, ...attr },
});

export const conv2d = (name: string, input: string, kernel: string): Node =>
  node('Conv2D', name, [input, kernel], {
    strides: { list: { i: ['1', '1', '1', '1'] } },
    padding: { s: btoa('SAME') },
    data_format: { s: btoa('NHWC') },
    dilations: { list: { i: ['1', '1', '1', '1'] } },
  });

/** A mean, a maximum or a sum over axes. */
export const reduce = (op: string, name: string, input: string, axes: string, keepDims = false): Node =>
  node(op, name, [input, axes], { keep_dims: { b: keepDims } });

/** The files of a graph, without a signature: whatever nothing takes is an output. Weights that none takes are left out. */
export function graphArtifacts(nodes: readonly Node[], weights: Weights): tf.io.ModelArtifacts {
  const taken = new Set(nodes.flatMap(({ input = [] }) => input));
  const entries = Object.entries(weights).filter(([name]) => taken.has(name));
  const constants = entries.map(([name, { dtype }]) => ({
    name,
    op: 'Const',
    attr: { dtype: dtype === 'int32' ? whole : float },
  }));
  return {
    format: 'graph-model',
    modelTopology: { node: [...nodes.slice(0, 1), ...constants, ...nodes.slice(1)], versions: { producer: 1 } },
    weightSpecs: entries.map(([name, { shape, dtype }]) => ({ name, shape, dtype: dtype ?? 'float32' })),
    weightData: tf.io.CompositeArrayBuffer.join(
      entries.map(([, { values, dtype }]) =>
        dtype === 'int32' ? Int32Array.from(values).buffer : Float32Array.from(values).buffer,
      ),
    ),
  };
}

/** As `loadGraphModel` gives it. */
export function graphModel(nodes: readonly Node[], weights: Weights): GraphModel<tf.io.IOHandlerSync> {
  return loadGraphModelSync(tf.io.fromMemorySync(graphArtifacts(nodes, weights)));
}
