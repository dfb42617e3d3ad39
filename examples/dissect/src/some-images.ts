import type { ConceptData } from '@cnnviz/dissect';

/** About `count` images of the data, evenly from the whole. */
export function someImages(data: ConceptData, count: number): ConceptData {
  const every = Math.max(1, Math.floor(data.count / count));
  const { readLabels } = data;
  return {
    ...data,
    count: Math.ceil(data.count / every),
    read: (index) => data.read(index * every),
    ...(readLabels === undefined ? {} : { readLabels: (index: number) => readLabels(index * every) }),
  };
}
