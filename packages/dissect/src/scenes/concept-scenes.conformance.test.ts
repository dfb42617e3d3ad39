import { conformance, describeOnBackends } from '@cnnviz/testing';
import { type ConceptScenesOptions, conceptScenes } from './concept-scenes.ts';

// It computes on the host, alike on every backend.
describeOnBackends(['cpu'], () => {
  conformance({
    name: 'conceptScenes',
    inputs: () => ({}),
    options: { seed: 0, count: 2, size: 16 } as ConceptScenesOptions,
    run: async (_, options) => {
      const scenes = conceptScenes(options);
      return [scenes.concepts, await scenes.read(1), scenes.describe(0), scenes.tasks.scene.classOf(1)];
    },
    badOptions: [
      [{ seed: -1 }, /seed must be an integer >= 0/],
      [{ count: 0 }, /count must be an integer >= 1, got 0/],
      [{ count: undefined }, /count must be an integer >= 1, got undefined/],
      [{ count: 1 }, /index must be an integer >= 0 and <= 0, got 1/],
      [{ size: 8 }, /size must be an integer >= 16 and <= 4096, got 8/],
      [{ labelSize: 0 }, /labelSize must be an integer >= 1 and <= 4096, got 0/],
      [{ noise: 13 }, /noise must be an integer >= 0 and <= 12, got 13/],
    ],
    seeded: true,
  });
});
