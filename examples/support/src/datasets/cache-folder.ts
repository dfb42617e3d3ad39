import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads are kept: `CNNVIZ_CACHE`, else `cnnviz` under `XDG_CACHE_HOME`, else `~/.cache/cnnviz`. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.CNNVIZ_CACHE || join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cnnviz');
}
