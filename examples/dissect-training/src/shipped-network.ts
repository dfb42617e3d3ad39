import { fileURLToPath } from 'node:url';
import { type ImageModel, loadModel } from '@cnnviz/example-support';

/** The network that came of `start --network network`, which tells 32x32 scenes in RGB, 0 to 255. The caller disposes. */
export function loadSceneNetwork(): Promise<ImageModel> {
  return loadModel(fileURLToPath(new URL('../network', import.meta.url)), { bounds: [0, 255] });
}
