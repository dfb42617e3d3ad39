import { conformance, describeOnBackends } from '@cnnviz/testing';
import { encode } from 'fast-png';
import { type CocoAnnotations, type CocoConceptsOptions, cocoConcepts } from './coco-concepts.ts';

const annotations: CocoAnnotations = {
  images: [{ id: 7, file_name: 'a.png', width: 4, height: 2 }],
  categories: [
    { id: 3, name: 'car', supercategory: 'vehicle' },
    { id: 5, name: 'wheel', supercategory: 'piece' },
  ],
  annotations: [
    { image_id: 7, category_id: 3, segmentation: [[0, 0, 2, 0, 2, 2, 0, 2]] },
    { image_id: 7, category_id: 5, segmentation: { counts: [1, 3, 4], size: [2, 4] } },
  ],
};
const data = Uint8Array.from({ length: 24 }, (_, index) => 10 * index);
const photo = encode({ width: 4, height: 2, channels: 3, depth: 8, data });

// It computes on the host, alike on every backend.
describeOnBackends(['cpu'], () => {
  conformance({
    name: 'cocoConcepts',
    inputs: () => ({}),
    options: { readFile: async () => photo, imageSize: [4, 8], labelSize: [2, 4] } as CocoConceptsOptions,
    run: async (_, options) => cocoConcepts(annotations, options).read(0),
    badOptions: [
      [{ readFile: 'folder' }, /readFile must be a function, got "folder"/],
      [{ imageSize: [4] }, /imageSize must be 2 whole sizes >= 1, got \[4\]/],
      [{ labelSize: 0 }, /labelSize must be 2 whole sizes >= 1, got 0/],
      [{ categoryOf: 'object' }, /categoryOf must be a function, got "object"/],
      [{ readFile: async () => Uint8Array.of(1, 2, 3) }, /a\.png/],
    ],
  });
});
