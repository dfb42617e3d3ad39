import { type DataStorage, engine, type KernelBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';

/** The backend's record of one tensor's data. */
export interface Entry {
  /** The tensor's number in the native library; -1 while it has none. */
  id: number;
  shape: number[];
  /** TensorFlow's number for the type. */
  dtype: number;
  /** Values not yet handed to the native library. */
  values: unknown;
  refCount: number;
}

interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** The parts of tfjs-node 4.22's backend class that are used here. */
export interface TensorflowBackend extends KernelBackend {
  binding: {
    TF_ATTR_TYPE: number;
    TF_ATTR_INT: number;
    TF_ATTR_STRING: number;
    TF_FLOAT: number;
    TF_INT32: number;
    createTensor(shape: number[], dtype: number, values: Int32Array): number;
    deleteTensor(id: number): void;
    executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): { id: number }[];
  };
  tensorMap: DataStorage<Entry>;
  /** Native ids of tensors. It first hands over values that the native library does not have yet. */
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  executeSingleOutput(name: string, attributes: Attribute[], inputs: readonly TensorInfo[]): Tensor;
}

/** The attribute `T` of an operation on float32. */
export const float32 = ({ binding }: TensorflowBackend): Attribute => ({
  name: 'T',
  type: binding.TF_ATTR_TYPE,
  value: binding.TF_FLOAT,
});

export const isActive = (): boolean => engine().backendName === 'tensorflow';
