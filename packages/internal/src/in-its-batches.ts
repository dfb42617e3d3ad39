import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { isPlainObject, isPromise } from './realm.ts';

/**
 * Asks a model for the answer to all images, in batches of the size that it says, if it says one: the last batch is
 * filled up with the last image. Else it gets the images as they come.
 *
 * Within `tf.tidy`. Differentiable.
 */
export function inItsBatches<I extends Tensor, O>(
  model: ((images: I) => O | PromiseLike<O>) & { readonly batchSize?: number },
  images: I,
): O | PromiseLike<O> {
  const size = model.batchSize;
  const [count = 0] = images.shape;
  if (!Number.isInteger(size) || size! < 1 || size === count || count === 0) return model(images);
  const batches = batchesOf(images, count, size!);
  const answers = batches.map((batch) => model(batch));
  if (!answers.some(isPromise)) return joined(answers as O[], count);
  return answerLater(answers, batches, count);
}

function batchesOf<I extends Tensor>(images: I, count: number, size: number): I[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, batch) => {
    const places = Array.from({ length: size }, (_unused, place) => Math.min(batch * size + place, count - 1));
    // Not `takeRows`, which has no gradient.
    return tf.gather(images, places);
  });
}

async function answerLater<O>(
  answers: readonly (O | PromiseLike<O>)[],
  batches: readonly Tensor[],
  count: number,
): Promise<O> {
  try {
    const settled = await Promise.allSettled(answers);
    const parts = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    try {
      const failed = settled.find((each) => each.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return tf.tidy(() => joined(parts as O[], count) as TensorContainer) as O;
    } finally {
      const tensors = tf.tensor_util.getTensorsInContainer(parts as TensorContainer);
      tf.dispose(tensors.filter((tensor) => !tensor.kept && !(tensor instanceof tf.Variable)));
    }
  } finally {
    tf.dispose([...batches]);
  }
}

/** Tensors row after row, in the objects or lists that they come in. What is no tensor is left to who asked. */
function joined<O>(answers: readonly O[], count: number): O {
  const [first] = answers as [O, ...O[]];
  if (answers.every((answer) => answer instanceof tf.Tensor && !answer.isDisposed && answer.rank > 0)) {
    const all = tf.concat(answers as unknown as Tensor[], 0);
    return tf.slice(all, 0, Math.min(count, all.shape[0]!)) as unknown as O;
  }
  const isList = Array.isArray(first);
  if (!isList && !isPlainObject(first)) return first;
  const names = Object.keys(first as object);
  const parts = names.map((name) =>
    joined(
      answers.map((answer) => (answer as Record<string, unknown>)[name]),
      count,
    ),
  );
  return (isList ? parts : Object.fromEntries(names.map((name, place) => [name, parts[place]]))) as O;
}
