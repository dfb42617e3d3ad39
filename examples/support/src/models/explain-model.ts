/**
 * Makes a model of files. Where TensorFlow.js cannot, the error names the file, and not only what the line says that met
 * the fault.
 *
 * @param source What errors call the model.
 */
export async function explainModel<T>(source: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.startsWith('@cnnviz/')) throw error;
    throw new Error(`${source}: expected a model that TensorFlow.js can run, found one of which it says: ${message}`, {
      cause: error,
    });
  }
}
