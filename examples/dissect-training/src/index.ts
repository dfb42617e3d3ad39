export { dissectScenes } from './dissect-scenes.ts';
export { layersChapter } from './report.ts';
export { drawScenes } from './scene-images.ts';
export { loadSceneNetwork } from './shipped-network.ts';
