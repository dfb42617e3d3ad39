import type { Check } from '@cnnviz/internal';
import type { ModelFiles } from './model-files.ts';

/** How files are fetched. */
export interface FetchOptions {
  /** Fetches a file, for a header or credentials that the server wants. Default: the global `fetch`. */
  fetch?: (url: string) => Promise<Response>;
  /**
   * Address of a file that `model.json` names, for bundlers that give files other names. Default: beside `model.json`,
   * with its query.
   */
  weightUrl?: (name: string) => string;
}

/** @param url Of a folder or of its `model.json`. */
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
      `${url}: expected a file of a model, found no answer (${error.message}): there is no such server, or it does not let ` +
        'pages of other sites read its files (CORS)',
    ),
  );
  if (!response.ok) check.failBecause('state', `${url}: expected a file of a model, found HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
