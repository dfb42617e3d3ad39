import { type Check, isCheckerError, messageOf } from '@cnnviz/internal';

/**
 * Makes a model of files. Where TensorFlow.js cannot, the error names the file, and not only what the line says that met
 * the fault.
 *
 * @param source What errors call the model.
 */
export async function explainModel<T>(check: Check, source: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (isCheckerError(error)) throw error;
    const [said, remedy] = explained(messageOf(error));
    throw check.errorBecause(
      'state',
      `${source}: expected a model that TensorFlow.js can run, found one of which it says: ${said}${remedy}`,
      error,
    );
  }
}

const asGraph =
  'convert the model to a GraphModel, which has no layers: tensorflowjs_converter --output_format=tfjs_graph_model';

/** What TensorFlow.js says, without its guesses at the reason, and what to do. */
function explained(message: string): [said: string, remedy: string] {
  const [said, kind] = /^Unknown (layer|activation|initializer|regularizer|constraint): \w+\./.exec(message) ?? [];
  if (said === undefined) return [message, ''];
  return [
    said,
    kind === 'layer'
      ? ` Register its class by tf.serialization.registerClass, or ${asGraph}`
      : ` To have it, ${asGraph}`,
  ];
}
