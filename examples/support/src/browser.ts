// What runs in a browser as it does in Node.
export { chartSvg } from './html-report/chart.ts';
export { assembleModel, fetchFile, type ModelFiles, modelFilesAtUrl } from './models/assemble-model.ts';
export type { ImageModel } from './models/image-model.ts';
export { imageModelOfArtifacts } from './models/image-model-of-artifacts.ts';
export type { Preprocessing } from './models/preprocessing.ts';
