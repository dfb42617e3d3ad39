import { resolve } from 'node:path';

/** A folder of the real data that `CNNVIZ_DATA` names; `undefined` where it is not set. */
export function dataFolder(name: string): string | undefined {
  const { CNNVIZ_DATA } = process.env;
  return CNNVIZ_DATA ? resolve(CNNVIZ_DATA, name) : undefined;
}
