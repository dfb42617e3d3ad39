import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/**
 * For each folder under a package's `src`, the folders that its files import; `index.ts` and tests are left out. A file that
 * is in no folder is a room of its own.
 */
export function importsBetweenRooms(src: string): Map<string, Set<string>> {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.ts$/.test(file) && !/(\.test|\.d)\.ts$/.test(file) && file !== 'index.ts',
  );
  const rooms = new Map<string, Set<string>>();
  for (const file of files) {
    const room = roomOf(file);
    const imported = rooms.get(room) ?? rooms.set(room, new Set()).get(room)!;
    for (const [, path] of readFileSync(join(src, file), 'utf8').matchAll(/(?:from|import\() ?'(\.\.?\/[^']+)'/g)) {
      const other = roomOf(normalize(join(dirname(file), path!)));
      if (other !== room) imported.add(other);
    }
  }
  return rooms;
}

function roomOf(file: string): string {
  return file.includes('/') ? dirname(file) : file;
}

/** The rooms of a circle in which each imports the next, if there is one. */
export function circleOf(rooms: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const finished = new Set<string>();
  const visit = (room: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(room)) return [...path.slice(path.indexOf(room)), room];
    if (finished.has(room)) return undefined;
    for (const next of rooms.get(room) ?? []) {
      const circle = visit(next, [...path, room]);
      if (circle) return circle;
    }
    finished.add(room);
    return undefined;
  };
  for (const room of rooms.keys()) {
    const circle = visit(room, []);
    if (circle) return circle;
  }
  return undefined;
}
