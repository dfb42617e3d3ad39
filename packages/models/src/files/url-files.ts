import type { Check } from '@cnnviz/internal';
import type { ModelFiles } from './model-files.ts';

/** Options for fetching a model's files. */
export interface FetchOptions {
  /** Fetches a file, for example with a header or credentials that the server requires. Default: the global `fetch`. */
  fetch?: (url: string) => Promise<Response>;
  /**
   * Returns the URL of a file that `model.json` names, for bundlers that rename files. Default: beside `model.json`, with the
   * same query.
   */
  weightUrl?: (name: string) => string;
}

/** @param url URL of a folder or of its `model.json`. */
export function filesAtUrl(
  check: Check,
  url: string,
  { fetch: get = (address) => fetch(address), weightUrl }: FetchOptions,
): ModelFiles {
  const json = new URL(url);
  if (!json.pathname.endsWith('.json')) json.pathname = `${json.pathname.replace(/\/$/, '')}/model.json`;
  const beside = (name: string) => {
    const address = new URL(name, json);
    address.search = json.search;
    return address.href;
  };
  return {
    jsonPath: json.href,
    pathOf: (name) => (weightUrl === undefined ? beside(name) : new URL(weightUrl(name), json).href),
    read: (address) => fetchFile(check, address, get),
  };
}

async function fetchFile(check: Check, url: string, get: (url: string) => Promise<Response>): Promise<Uint8Array> {
  const response = await get(url).catch((error: Error) =>
    check.failBecause(
      'state',
      `${url}: expected a model file, got no response (${error.message}): the server does not exist, or does not ` +
        'allow pages from other sites to read its files (CORS)',
    ),
  );
  if (!response.ok) check.failBecause('state', `${url}: expected a model file, found HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
