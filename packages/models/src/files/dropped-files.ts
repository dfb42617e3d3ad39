import { type Check, checker } from '@cnnviz/internal';
import type { io } from '@tensorflow/tfjs-core';
import { assembleModel } from './assemble-model.ts';
import { findModelJson, type ModelFiles, shortList } from './model-files.ts';

/** A file of a folder that was dropped or chosen. */
export interface FolderFile {
  /** From the folder on, with slashes. */
  path: string;
  file: Blob;
}

/** What an input of files or a drop gives: the files of a folder. */
export type DroppedFiles = Iterable<File | FolderFile> | ArrayLike<File | FolderFile>;

/**
 * Reads a model's files from what was dropped on a page or chosen in an input, for `loadLayersModel` and
 * `loadGraphModel`. Folders may lie around it, and its `model.json` may have another name.
 *
 * @param files Of an input: `input.files`. Of a drop: what {@link filesOfDrop} gives.
 * @returns A handler that names the file where one is missing or damaged.
 *
 * @example
 * ```ts no-run
 * import { droppedFiles } from '@cnnviz/models';
 * import { loadLayersModel } from '@tensorflow/tfjs-layers';
 *
 * const input = document.querySelector('input')!; // <input type="file" webkitdirectory>
 * const model = await loadLayersModel(droppedFiles(input.files!));
 * ```
 */
export function droppedFiles(files: DroppedFiles): io.IOHandler {
  const check = checker('@cnnviz/models', 'droppedFiles');
  const folder = folderOf(check, files);
  return { load: async () => assembleModel(check, await filesOfFolder(check, folder)) };
}

/** With the paths that an input of folders gives to its files. */
export function folderOf(check: Check, files: DroppedFiles): FolderFile[] {
  const isList = typeof files === 'object' && files !== null && (Symbol.iterator in files || 'length' in files);
  if (!isList) check.fail('type', 'files', 'files, or { path, file }', files);
  return Array.from(files as ArrayLike<File | FolderFile>, (each) => {
    if (each instanceof Blob) return { path: (each as File).webkitRelativePath || (each as File).name, file: each };
    if (typeof each?.path !== 'string' || !(each.file instanceof Blob)) {
      return check.fail('type', 'files', 'files, or { path, file }', each);
    }
    return each;
  });
}

export async function filesOfFolder(check: Check, folder: readonly FolderFile[]): Promise<ModelFiles> {
  const byPath = new Map(folder.map(({ path, file }) => [path, file]));
  const read = async (path: string) => {
    const file = byPath.get(path);
    if (file === undefined) {
      check.failBecause(
        'state',
        `${path}: expected a file of a model, found only ${shortList([...byPath.keys()])}: give the whole folder`,
      );
    }
    return new Uint8Array(await file.arrayBuffer());
  };
  const jsonPath = await findModelJson(check, [...byPath.keys()], { read, where: 'what was given' });
  const parent = jsonPath.slice(0, jsonPath.lastIndexOf('/') + 1);
  const names = [...byPath.keys()].filter((path) => path.startsWith(parent)).map((path) => path.slice(parent.length));
  return { jsonPath, pathOf: (name) => parent + name, read, names };
}

/**
 * Lists all files of what was dropped on a page, folders with all that is in them.
 *
 * @param transfer `event.dataTransfer`. It is read at once: it empties as soon as the event is over.
 *
 * @example
 * ```ts no-run
 * import { filesOfDrop, loadModel } from '@cnnviz/models';
 *
 * document.body.addEventListener('drop', async (event) => {
 *   event.preventDefault();
 *   const model = await loadModel(await filesOfDrop(event.dataTransfer!), { preprocessing: { range: [0, 1] } });
 * });
 * ```
 */
export async function filesOfDrop(transfer: DataTransfer): Promise<FolderFile[]> {
  const check = checker('@cnnviz/models', 'filesOfDrop');
  const { items } = check.options(transfer, 'transfer');
  if (typeof items?.length !== 'number') check.fail('type', 'transfer.items', 'what was dropped', items);
  const dropped = Array.from(items, (item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const files = dropped.map(({ entry, file }) => {
    if (entry !== null) return filesOfEntry(entry, '');
    return file === null ? [] : [{ path: file.name, file }];
  });
  return (await Promise.all(files)).flat();
}

async function filesOfEntry(entry: FileSystemEntry, parent: string): Promise<FolderFile[]> {
  const path = parent + entry.name;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  const inside = await entriesOf((entry as FileSystemDirectoryEntry).createReader());
  return (await Promise.all(inside.map((each) => filesOfEntry(each, `${path}/`)))).flat();
}

/** A reader gives at most a hundred at once, and none at the end. */
async function entriesOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
