import { engine, getBackend, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The values of a tensor that may be disposed while they are on their way. The webgpu backend loses them where the data
 * is gone when they arrive, so there the data is held until then, by a count of its users that no tensor shows in.
 */
export async function readDespiteDisposal(tensor: Tensor): Promise<ArrayLike<number>> {
  if (getBackend() !== 'webgpu') return tensor.data<'float32'>();
  const { dataId } = tensor;
  const { backend } = engine();
  backend.incRef(dataId);
  try {
    return await tensor.data<'float32'>();
  } finally {
    if (backend.disposeData(dataId)) engine().removeDataId(dataId, backend);
  }
}
