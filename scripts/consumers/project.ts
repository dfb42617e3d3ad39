import { join } from 'node:path';
import { makeConsumer } from './pack.ts';
import { endingOf, type Workshop } from './workshop.ts';

const projects = new WeakMap<Workshop['tarballs'], Promise<string>>();

/**
 * A project with all packages and all tools that the checks take, installed once for all of them.
 *
 * @returns Its folder.
 */
export function commonProject(workshop: Workshop): Promise<string> {
  let project = projects.get(workshop.tarballs);
  if (project === undefined) {
    project = makeCommonProject(workshop);
    projects.set(workshop.tarballs, project);
  }
  return project;
}

async function makeCommonProject({ folder, tarballs }: Workshop): Promise<string> {
  const project = join(folder, 'project');
  await makeConsumer({
    folder: project,
    tarballs,
    type: 'commonjs',
    // tfjs-node's would fetch a native library; its declarations are all that is wanted of it here.
    installScripts: false,
    packages: [
      ...Object.keys(tarballs),
      ...['core', 'layers', 'converter', 'backend-wasm', 'node'].map((name) => `@tensorflow/tfjs-${name}@4.22.0`),
      '@types/node@20',
      'typescript-5.9@npm:typescript@~5.9.0',
      'typescript-newest@npm:typescript@latest',
      'jest',
      'deno',
      'bun',
      'esbuild',
      'webpack',
      'rollup',
      '@rollup/plugin-commonjs',
      '@rollup/plugin-node-resolve',
      '@rollup/plugin-terser',
    ],
  });
  // These two copy their program into place; where that does not work, their checks are skipped.
  await endingOf('npm', ['rebuild', 'deno', 'bun'], project);
  return project;
}
