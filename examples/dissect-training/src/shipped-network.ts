import { fileURLToPath } from 'node:url';
import { type ImageModel, loadModel } from '@cnnviz/models';

/** Holds the network that came of `start --network network`, which tells 32x32 scenes apart. */
export const sceneNetworkFolder: string = fileURLToPath(new URL('../network', import.meta.url));

/** The network in that folder, for RGB from 0 to 255. The caller disposes. */
export function loadSceneNetwork(): Promise<ImageModel> {
  return loadModel(sceneNetworkFolder, { bounds: [0, 255] });
}
