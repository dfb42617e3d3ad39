import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { installed, workspaceRoot } from './installed.ts';

it('finds the root of the workspace', () => {
  expect(existsSync(join(workspaceRoot(), 'pnpm-workspace.yaml'))).toBe(true);
});

it('finds what the root has installed, and nothing that only another package has', () => {
  const entry = installed('typescript');
  expect(entry).toBeDefined();
  expect(existsSync(entry ?? '')).toBe(true);
  expect(installed('vega')).toBeUndefined();
  expect(installed('no-such-package-anywhere')).toBeUndefined();
});
