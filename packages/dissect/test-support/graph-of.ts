import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { FieldGraph, FieldGraphNode } from '../src/receptive-field/receptive-field.ts';

/** The parts of an attribute's JSON. */
export const attribute = {
  text: (text: string) => ({ s: btoa(text) }),
  list: (...i: number[]) => ({ list: { i: i.map(String) } }),
  number: (i: number) => ({ i: String(i) }),
  flag: (b: boolean) => ({ b }),
};

/** `[name, operation, inputs, attributes]`. */
export type Step = [name: string, op: string, inputs: string[], attr?: Record<string, unknown>];

export interface Weight {
  shape: number[];
  /** Default: ones. */
  values?: number[];
  dtype?: 'float32' | 'int32';
}

export interface Graph {
  topology: FieldGraph;
  /** Those of its weights that are whole numbers. */
  constants: Record<string, number[]>;
  model: GraphModel<tf.io.IOHandlerSync>;
}

const dims = (shape: readonly number[]) => ({ dim: shape.map((length) => ({ size: String(length) })) });

export const whole = (...values: number[]): Weight => ({ shape: [values.length], values, dtype: 'int32' });

/** A graph as the converter writes it, whose only input is `image`. */
export function graphOf(shape: number[], steps: readonly Step[], weights: Record<string, Weight>): Graph {
  const float = { type: 'DT_FLOAT' };
  const image: FieldGraphNode = {
    name: 'image',
    op: 'Placeholder',
    attr: { shape: { shape: dims(shape) }, dtype: float },
  };
  const stored = Object.entries(weights).map(([name, weight]) => {
    const { shape, dtype = 'float32' } = weight;
    const count = tf.util.sizeFromShape(shape);
    const values = weight.values ?? Array.from({ length: count }, () => 1);
    const type = dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
    const value = { tensor: { dtype: type, tensorShape: shape.length > 0 ? dims(shape) : {} } };
    const node: FieldGraphNode = { name, op: 'Const', attr: { dtype: { type }, value } };
    const data = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    return { node, data, spec: { name, shape, dtype }, values };
  });
  const nodes = steps.map(([name, op, input, attr = {}]): FieldGraphNode => ({ name, op, input, attr }));
  const topology = { node: [...stored.map(({ node }) => node), image, ...nodes] };
  const bytes = stored.flatMap(({ data }) => [...new Uint8Array(data.buffer)]);
  const artifacts: tf.io.ModelArtifacts = {
    modelTopology: { ...topology, versions: { producer: 1 }, library: {} },
    weightSpecs: stored.map(({ spec }) => spec),
    weightData: Uint8Array.from(bytes).buffer,
  };
  const integers = stored.filter(({ spec }) => spec.dtype === 'int32');
  return {
    topology,
    constants: Object.fromEntries(integers.map(({ spec, values }) => [spec.name, values])),
    model: loadGraphModelSync(tf.io.fromMemorySync(artifacts)),
  };
}
