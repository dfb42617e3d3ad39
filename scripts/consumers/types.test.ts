import { expect, test } from 'vitest';
import { errorsOfOurs } from './types.ts';

test('counts errors in what is ours, and those that are in no file, but none of other declarations', () => {
  const ours = [
    "node_modules/@cnnviz/adversarial/dist/index.d.ts(1,102): error TS2307: Cannot find module '@cnnviz/internal'.",
    "types/dissect.mts(12,3): error TS2304: Cannot find name 'images'.",
    "error TS5023: Unknown compiler option 'strickt'.",
  ];
  const output = [
    "node_modules/@tensorflow/tfjs-core/dist/hash_util.d.ts(2,49): error TS2304: Cannot find name 'Long'.",
    "node_modules/typescript/lib/lib.dom.d.ts(904,11): error TS2300: Duplicate identifier 'GPUQueue'.",
    ...ours,
    "  Type 'string' is not assignable to type 'number'.",
  ];
  expect(errorsOfOurs(output.join('\n'))).toEqual(ours);
  expect(errorsOfOurs('')).toEqual([]);
});
