import { type Check, checker } from '@cnnviz/internal';
import type { io } from '@tensorflow/tfjs-core';
import { assembleModel } from './assemble-model.ts';
import { findModelJson, type ModelFiles, shortList } from './model-files.ts';

/** A file of a folder that was dropped or chosen. */
export interface FolderFile {
  /** Path from the dropped folder on, with slashes. */
  path: string;
  /** The file itself. */
  file: Blob;
}

/** The files of a folder, as a file input or a drop provides them. */
export type DroppedFiles = Iterable<File | FolderFile> | ArrayLike<File | FolderFile>;

/**
 * Makes a handler for `loadLayersModel` and `loadGraphModel` that reads a model's files from a drop on a page or from a file
 * input. The model may lie in a subfolder, and its `model.json` may have another name.
 *
 * @param files `input.files` of a file input, or the result of {@link filesOfDrop}.
 * @returns A load handler, with nothing to dispose. Its error names a file that is missing or damaged.
 * @throws TypeError if `files` is not a list of files.
 * @see {@link loadModel}, which takes the same files directly.
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

/** Lists files with the paths that a folder input gives them. */
export function folderOf(check: Check, files: DroppedFiles): FolderFile[] {
  const isList = typeof files === 'object' && files !== null && (Symbol.iterator in files || 'length' in files);
  if (!isList) check.fail('type', 'files', 'a list of files or of { path, file }', files);
  return Array.from(files as ArrayLike<File | FolderFile>, (each) => {
    if (each instanceof Blob) return { path: (each as File).webkitRelativePath || (each as File).name, file: each };
    if (typeof each?.path !== 'string' || !(each.file instanceof Blob)) {
      return check.fail('type', 'files', 'a list of files or of { path, file }', each);
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
        `${path}: expected a model file, found only ${shortList([...byPath.keys()])}: provide the whole folder`,
      );
    }
    return new Uint8Array(await file.arrayBuffer());
  };
  const jsonPath = await findModelJson(check, [...byPath.keys()], { read, where: 'the given files' });
  const parent = jsonPath.slice(0, jsonPath.lastIndexOf('/') + 1);
  const names = [...byPath.keys()].filter((path) => path.startsWith(parent)).map((path) => path.slice(parent.length));
  return { jsonPath, pathOf: (name) => parent + name, read, names };
}

/**
 * Lists all files that were dropped on a page, including everything inside dropped folders.
 *
 * @param transfer `event.dataTransfer`. It is read at once, because it empties as soon as the event is over.
 * @returns Each file with its path, with nothing to dispose.
 * @throws TypeError if `transfer` is not a `DataTransfer`.
 * @see {@link droppedFiles} and {@link loadModel}, which take the result.
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

/** A reader returns at most a hundred entries at a time, and none at the end. */
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
