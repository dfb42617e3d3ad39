import type { Check } from '@cnnviz/internal';

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
    const message = error instanceof Error ? error.message : String(error);
    if (message.startsWith('@cnnviz/')) throw error;
    const remedy = remedies.find(([pattern]) => pattern.test(message))?.[1] ?? '';
    return check.failBecause(
      'state',
      `${source}: expected a model that TensorFlow.js can run, found one of which it says: ${message}${remedy}`,
      error,
    );
  }
}

const remedies: [RegExp, string][] = [
  [
    /^Unknown layer/,
    ' Register a class for it by tf.serialization.registerClass, or convert the model to a GraphModel, which has no layers: ' +
      'tensorflowjs_converter --output_format=tfjs_graph_model',
  ],
  [
    /^Unknown activation|is not registered|Unknown initializer/,
    ' Convert the model to a GraphModel: tensorflowjs_converter --output_format=tfjs_graph_model',
  ],
];
