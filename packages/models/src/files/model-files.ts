import type { Check } from '@cnnviz/internal';

/** The files of one model, wherever they are stored: in a folder, a zip archive or a database. */
export interface ModelFiles {
  /** Path of its `model.json`, which may have another name. */
  jsonPath: string;
  /** Returns the path of a file that `model.json` names. */
  pathOf(name: string): string;
  /** Reads the bytes at a path, or rejects with an error that names it. */
  read(path: string): Promise<Uint8Array>;
  /** Names of the files beside `model.json`. Default: not known. */
  names?: readonly string[];
}

/** Finds the `model.json` among files, or a file of another name if it is the only one that holds a model. */
export async function findModelJson(
  check: Check,
  names: readonly string[],
  { read, where }: { read: (name: string) => Promise<Uint8Array>; where: string },
): Promise<string> {
  const depth = (name: string) => name.split('/').length;
  const all = names.filter((name) => name.endsWith('.json')).sort((a, b) => depth(a) - depth(b));
  const usual = all.find((name) => /(^|\/)model\.json$/.test(name));
  if (usual !== undefined) return usual;
  const found: string[] = [];
  for (const name of all) if (holdsModel(await read(name))) found.push(name);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    return check.failBecause('state', `${where}: expected one model, found ${shortList(found)}: choose one of them`);
  }
  return check.failBecause(
    'state',
    `${where}: expected a model.json and the files that it names, found ${shortList(names)}. Convert a ` +
      'model that Keras or TensorFlow saved with tensorflowjs_converter',
  );
}

function holdsModel(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes);
  return text.includes('"modelTopology"') && text.includes('"weightsManifest"');
}

export function shortList(names: readonly string[]): string {
  if (names.length === 0) return 'no files';
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
