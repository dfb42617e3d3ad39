import { type ImageModel, loadModel } from '@cnnviz/models';
import judgeJson from '../../judge/model.json?url';
import judgeWeights from '../../judge/weights.bin?url';
import { readShipped } from './networks.ts';

/** Another network that reads digits, of another architecture and other initial weights. The caller disposes. */
export function loadJudge(): Promise<ImageModel> {
  return loadModel({ jsonPath: judgeJson, pathOf: () => judgeWeights, read: readShipped });
}
