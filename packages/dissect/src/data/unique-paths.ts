/** Names that some file systems keep for devices, whatever follows them. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Whether a path, without suffix, can be that of a file everywhere. */
export function isPlainPath(path: string): boolean {
  const isPlain = (name: string) => /^[\w-]([\w.-]*[\w-])?$/.test(name) && !device.test(name);
  return path.length <= 150 && path.split('/').every(isPlain);
}

/**
 * Gives out paths of files in one folder, none of them twice: not even where a file system takes small and capital letters
 * for the same, and none as a file where another is in a folder of that name.
 *
 * @returns A function that gives the first of some paths that is free.
 */
export function uniquePaths(): (wanted: Iterable<string>) => string {
  const files = new Set<string>();
  const folders = new Set<string>();
  return (wanted) => {
    for (const path of wanted) {
      const file = path.toLowerCase();
      const above = [...file.matchAll(/\//g)].map(({ index }) => file.slice(0, index));
      if (files.has(file) || folders.has(file) || above.some((folder) => files.has(folder))) continue;
      files.add(file);
      for (const folder of above) folders.add(folder);
      return path;
    }
    throw new Error('none of the paths is free');
  };
}

/** `start`, then `start` with 2, 3 and so on. */
export function* numbered(start: string, end: string): Generator<string> {
  yield start + end;
  for (let number = 2; ; number++) yield `${start}_${number}${end}`;
}
