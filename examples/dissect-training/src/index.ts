export { dissectScenes } from './dissect-scenes.ts';
export { layersChapter } from './report.ts';
export { drawScenes } from './scene-images.ts';
export { layerNames } from './scene-network.ts';
export { loadSceneNetwork, sceneNetworkFolder } from './shipped-network.ts';
