import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const gunzipped = promisify(gunzip);

/**
 * Reads a file, decompressed if it is gzip.
 *
 * @throws Error that names the file and what is wrong with it: missing, not readable, or a damaged gzip file.
 */
export async function readMaybeGzipped(path: string): Promise<Uint8Array> {
  const file = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const found = error.code === 'ENOENT' ? 'no such file' : error.message;
    throw new Error(`${path}: expected a file, found ${found}`, { cause: error });
  });
  const isGzip = file[0] === 0x1f && file[1] === 0x8b;
  if (!isGzip) return file;
  return gunzipped(file).catch((error: Error) => {
    throw new Error(`${path}: expected a complete gzip file, found ${file.length} bytes: ${error.message}`, {
      cause: error,
    });
  });
}
