import { conceptScenes } from '@cnnviz/dissect';
import { dissectScenes, drawScenes, layersChapter, loadSceneNetwork } from '@cnnviz/example-dissect-training';
import type { Chapter } from '@cnnviz/example-support';

export interface UnitsOptions {
  /** How many scenes the network is dissected on. */
  count: number;
  /** Decides them. */
  seed: number;
  /** From 0 to 1. */
  onProgress: (share: number) => void;
}

/** Shows what the units detect of a network that was trained beforehand to tell rendered scenes apart. */
export async function unitsChapter({ count, seed, onProgress }: UnitsOptions): Promise<Chapter> {
  const network = await loadSceneNetwork();
  try {
    const [size] = network.inputShape;
    // Seeds 0 and 1 drew what the network learned from and was chosen by.
    const scenes = await drawScenes(conceptScenes({ seed: seed + 2, count, size }));
    const dissections = await dissectScenes(network, {
      scenes,
      topImages: 6,
      onProgress: ({ done, total }) => onProgress(done / total),
    });
    const chapter = await layersChapter({ dissections, network, scenes, shownUnits: 5 });
    return {
      ...chapter,
      id: 'units',
      title: 'What the units of a network detect',
      intro: [
        'The parts of digits have no names, so this is another network. It was trained beforehand, in examples/dissect-training, to tell six kinds of rendered scenes apart: a street is a house and a car, a road a tree and a car, a garden a house and a flower. Its labels said only which kind of scene an image shows.',
        ...chapter.intro,
      ],
    };
  } finally {
    network.dispose();
  }
}
