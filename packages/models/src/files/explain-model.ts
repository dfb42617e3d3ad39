import { type Check, isCheckerError, messageOf } from '@cnnviz/internal';

/**
 * Makes a model from files. If TensorFlow.js fails, the error names the file and adds a remedy to TensorFlow.js' own message.
 *
 * @param source The model's name in errors.
 */
export async function explainModel<T>(check: Check, source: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (isCheckerError(error)) throw error;
    const [said, remedy] = explained(messageOf(error));
    throw check.errorBecause(
      'state',
      `${source}: expected a model that TensorFlow.js can run, but it reports: ${said}${remedy}`,
      error,
    );
  }
}

const asGraph =
  'convert the model to a GraphModel, which has no layers: tensorflowjs_converter --output_format=tfjs_graph_model';

/** TensorFlow.js' message without its guesses at the reason, and a remedy. */
function explained(message: string): [said: string, remedy: string] {
  const [said, kind] = /^Unknown (layer|activation|initializer|regularizer|constraint): \w+\./.exec(message) ?? [];
  if (said === undefined) return [message, ''];
  return [
    said,
    kind === 'layer'
      ? ` Register its class with tf.serialization.registerClass, or ${asGraph}`
      : ` To use it, ${asGraph}`,
  ];
}
