import type { ConceptImage, ConceptScenes } from '@cnnviz/dissect';
import type { ImageSet } from '@cnnviz/example-support';
import { type LongWork, reportProgress } from '@cnnviz/internal';

export type Task = keyof ConceptScenes['tasks'];

/** The same scenes, drawn once, for those that go through them often. What it reads is not to be changed. */
export async function drawScenes(
  scenes: ConceptScenes,
  work: LongWork<{ done: number; total: number }> = {},
): Promise<ConceptScenes> {
  const images: ConceptImage[] = [];
  while (images.length < scenes.count) {
    images.push(await scenes.read(images.length));
    await reportProgress(work, { done: images.length, total: scenes.count });
  }
  return { ...scenes, read: async (index) => images[index]!, readLabels: async (index) => images[index]! };
}

/** Scenes with the labels of a task, and no other label: all that the network is told. */
export async function labeledScenes(scenes: ConceptScenes, task: Task): Promise<ImageSet> {
  const { classes, classOf } = scenes.tasks[task];
  const [height, width] = scenes.imageSize;
  const images = new Uint8Array(scenes.count * height * width * 3);
  const labels = new Uint8Array(scenes.count);
  for (let index = 0; index < scenes.count; index++) {
    const { pixels } = await scenes.read(index);
    images.set(pixels, index * pixels.length);
    labels[index] = classOf(index);
  }
  return { name: `scenes by ${task}`, images, labels, shape: [height, width, 3], classes, bounds: [-1, 1] };
}
