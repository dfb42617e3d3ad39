import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Check } from './check.ts';
import { inItsBatches } from './in-its-batches.ts';
import { ownResult } from './own-result.ts';
import { isPromise } from './realm.ts';

/**
 * Asks a model that may answer at once or later, and makes something of its answer, by the rules of `AnyClassifier`.
 *
 * @param images What the model is asked about. A function makes them for this call. What it gives may be kept by it: what is
 *   disposed after the call is a clone.
 * @param read Gets the answer, inside `tf.tidy`. Returns tensors of its own or plain data, never the answer itself.
 * @returns What `read` returns: at once if the model answers at once, else a promise. It rejects as the model's does.
 *
 * @example
 * const labels = await askModel(model, images, (logits) => tf.argMax(logits, 1));
 */
export function askModel<I extends Tensor, O, R>(
  model: (images: I) => O | PromiseLike<O>,
  images: I | (() => I),
  read: (answer: O) => R,
): R | Promise<R> {
  let later: Promise<R> | undefined;
  const now = tf.tidy(() => {
    const isMadeHere = typeof images === 'function';
    const asked = isMadeHere ? ownResult(images) : images;
    const answer = inItsBatches(model, asked);
    if (!isPromise(answer)) return read(answer) as TensorContainer;
    later = readLater(answer, asked, read).finally(() => isMadeHere && asked.dispose());
    // What the model has made so far it may need until it answers.
    return [...tf.engine().state.activeScope!.track];
  });
  return later ?? (now as R);
}

/**
 * Asks a model that cannot be waited for, since its gradient is needed.
 *
 * @param need What the caller needs, as the error says it.
 * @throws TypeError if the model answers with a promise. What it answers in the end is disposed.
 */
export function askAtOnce<I extends Tensor, O>(
  check: Check,
  model: (images: I) => O,
  images: I,
  need = 'gradients of the model',
): O {
  const answer = inItsBatches(model, images);
  if (!isPromise(answer)) return answer;
  answer.then(
    (late) => disposeAnswer(late, images),
    () => {},
  );
  return check.failBecause('type', `needs ${need}, so it must be synchronous, got a promise`);
}

async function readLater<O, R>(pending: PromiseLike<O>, images: Tensor, read: (answer: O) => R): Promise<R> {
  const answer = await pending;
  try {
    return tf.tidy(() => read(answer) as TensorContainer) as R;
  } finally {
    disposeAnswer(answer, images);
  }
}

/** Leaves what may be somebody else's. */
function disposeAnswer(answer: unknown, images: Tensor): void {
  for (const tensor of tf.tensor_util.getTensorsInContainer(answer as TensorContainer)) {
    const isKept = tensor === images || tensor.kept || tensor instanceof tf.Variable;
    if (!isKept) tensor.dispose();
  }
}
