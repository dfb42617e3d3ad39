import protobuf from 'protobufjs';

/** A network as ONNX describes it: tensors by name, and what is computed of which. */
export interface OnnxGraph {
  name: string;
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
  nodes: readonly OnnxNode[];
  weights: readonly OnnxWeights[];
}

/** A float32 tensor that goes in or comes out. A size that is a string is open, by that name. */
interface OnnxValue {
  name: string;
  shape: readonly (number | string)[];
}

export interface OnnxNode {
  /** Operator, such as `Conv`. */
  op: string;
  inputs: readonly string[];
  output: string;
  attributes?: Readonly<Record<string, number | string | readonly number[]>>;
}

export interface OnnxWeights {
  name: string;
  shape: readonly number[];
  values: Float32Array;
}

/** The parts of `onnx.proto` that are used here, with their numbers. */
const schema = `
  syntax = "proto2";
  message ModelProto {
    optional int64 ir_version = 1;
    optional string producer_name = 2;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
  }
  message OperatorSetIdProto {
    optional string domain = 1;
    optional int64 version = 2;
  }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message AttributeProto {
    optional string name = 1;
    optional float f = 2;
    optional int64 i = 3;
    optional bytes s = 4;
    repeated int64 ints = 8;
    optional int32 type = 20;
  }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message ValueInfoProto {
    optional string name = 1;
    optional TypeProto type = 2;
  }
  message TypeProto {
    message Tensor {
      optional int32 elem_type = 1;
      optional TensorShapeProto shape = 2;
    }
    optional Tensor tensor_type = 1;
  }
  message TensorShapeProto {
    message Dimension {
      optional int64 dim_value = 1;
      optional string dim_param = 2;
    }
    repeated Dimension dim = 1;
  }
`;
const FLOAT = 1;
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 };

/** Operators as of ONNX 1.10: whatever reads ONNX files knows them. */
const opset = 15;
const irVersion = 8;

const ModelProto = protobuf.parse(schema, { keepCase: true }).root.lookupType('ModelProto');

/**
 * The bytes of an ONNX file.
 *
 * @see The format, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function encodeOnnx({ name, inputs, outputs, nodes, weights }: OnnxGraph): Uint8Array {
  const valueInfo = ({ name, shape }: OnnxValue) => ({
    name,
    type: { tensor_type: { elem_type: FLOAT, shape: { dim: shape.map(dimensionOf) } } },
  });
  return ModelProto.encode(
    ModelProto.create({
      ir_version: irVersion,
      producer_name: 'cnnviz',
      opset_import: [{ domain: '', version: opset }],
      graph: {
        name,
        input: inputs.map(valueInfo),
        output: outputs.map(valueInfo),
        node: nodes.map(({ op, inputs, output, attributes = {} }) => ({
          name: output,
          op_type: op,
          input: inputs,
          output: [output],
          attribute: Object.entries(attributes).map(([name, value]) => ({ name, ...attributeOf(value) })),
        })),
        initializer: weights.map(({ name, shape, values }) => ({
          name,
          dims: shape,
          data_type: FLOAT,
          raw_data: bytesOf(values),
        })),
      },
    }),
  ).finish();
}

function dimensionOf(size: number | string) {
  return typeof size === 'number' ? { dim_value: size } : { dim_param: size };
}

function attributeOf(value: number | string | readonly number[]) {
  if (typeof value === 'string') return { type: attributeTypes.string, s: new TextEncoder().encode(value) };
  if (typeof value !== 'number') return { type: attributeTypes.ints, ints: value };
  return Number.isInteger(value) ? { type: attributeTypes.int, i: value } : { type: attributeTypes.float, f: value };
}

/** Little-endian, as the format says. */
function bytesOf(values: Float32Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) bytes.setFloat32(4 * index, value, true);
  return new Uint8Array(bytes.buffer);
}
