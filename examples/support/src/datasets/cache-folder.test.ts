import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.ts';

it.each([
  [{}, join(homedir(), '.cache', 'cnnviz')],
  [{ XDG_CACHE_HOME: '/x' }, join('/x', 'cnnviz')],
  [{ XDG_CACHE_HOME: '/x', CNNVIZ_CACHE: '/own' }, '/own'],
])('follows the environment %j', (environment, folder) => {
  expect(cacheFolder(environment)).toBe(folder);
});
