import { assembleModel, type ImageModel, imageModelOfArtifacts } from '@cnnviz/example-support/browser';
import judgeJson from '../../judge/model.json?url';
import judgeWeights from '../../judge/weights.bin?url';
import { readShipped } from './networks.ts';

/** Another network that reads digits, of another architecture and other initial weights. The caller disposes. */
export async function loadJudge(): Promise<ImageModel> {
  const files = { jsonPath: judgeJson, pathOf: () => judgeWeights, read: readShipped };
  return imageModelOfArtifacts(await assembleModel(files), 'the judge');
}
