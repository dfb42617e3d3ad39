import { conformance, describeOnBackends } from '@cnnviz/testing';
import { encode } from 'fast-png';
import { type FolderConceptsOptions, folderConcepts } from './folder-concepts.ts';

const gray = (data: Uint8Array) => encode({ width: 2, height: 2, channels: 1, depth: 8, data });
const files: Record<string, Uint8Array> = {
  'names.csv': new TextEncoder().encode('number,name,category\n1,sky,object\n'),
  'images/1.png': gray(Uint8Array.of(0, 100, 200, 255)),
  'labels/1.png': gray(Uint8Array.of(0, 1, 1, 0)),
};
const readFile = async (path: string) => files[path] ?? Promise.reject(new Error(`no file ${path}`));

// It computes on the host, alike on every backend.
describeOnBackends(['cpu'], () => {
  conformance({
    name: 'folderConcepts',
    inputs: () => ({}),
    options: { images: ['images/1.png'], imageSize: [4, 4], labelSize: [2, 2] } as FolderConceptsOptions,
    run: async (_, options) => (await folderConcepts(readFile, options)).read(0),
    badOptions: [
      [{ images: [] }, /images must be paths of images, got \[\]/],
      [{ imageSize: [4] }, /imageSize must be 2 whole sizes >= 1, got \[4\]/],
      [{ labelSize: 'small' }, /labelSize must be 2 whole sizes >= 1, got "small"/],
      [{ labelMapsOf: 'labels' }, /labelMapsOf must be a function, got "labels"/],
      [{ imageLabelsOf: () => [4] }, /the label of images\/1.png must be a number of names.csv, got 4/],
    ],
  });
});
