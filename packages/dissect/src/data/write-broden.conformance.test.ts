import { conformance, describeOnBackends } from '@cnnviz/testing';
import { conceptScenes } from '../scenes/concept-scenes.ts';
import { type WriteBrodenOptions, writeBroden } from './write-broden.ts';

// It computes on the host, alike on every backend.
describeOnBackends(['cpu'], () => {
  conformance({
    name: 'writeBroden',
    inputs: () => ({ data: conceptScenes({ seed: 0, count: 2, size: 16 }) }),
    options: {} as WriteBrodenOptions,
    run: async ({ data }, options) => {
      const files: Record<string, Uint8Array> = {};
      await writeBroden(data, (path, bytes) => void Object.assign(files, { [path]: bytes }), options);
      return files;
    },
    badOptions: [[{ splitOf: 'val' }, /splitOf must be a function, got "val"/]],
    badInputs: [[() => ({ data: 'broden' as never }), /data must be densely labeled data, got "broden"/]],
    abortable: true,
  });
});
