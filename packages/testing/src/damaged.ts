import fc from 'fast-check';

const wrongTexts = [
  '',
  '-1',
  '0',
  '0.5',
  '1e999',
  'NaN',
  '65536',
  '4294967296',
  '__proto__',
  '../../x',
  '"',
  ';',
  '\u0000',
];

/** A file with some bytes changed, missing, doubled or moved. */
export function damagedBytes(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat(valid.length);
  const few = fc.uint8Array({ maxLength: 12 });
  const extreme = fc
    .constantFrom([0, 0, 0, 0], [255, 255, 255, 255], [127, 255, 255, 255], [128, 0, 0, 0], [0, 1, 0, 0])
    .map((bytes) => Uint8Array.from(bytes));
  const damage = fc.oneof(
    fc.record({ from: place, length: fc.constant(1), put: fc.uint8Array({ minLength: 1, maxLength: 1 }) }),
    fc.record({ from: place, length: fc.constant(4), put: extreme }),
    fc.record({ from: place, length: fc.nat(valid.length), put: few }),
    fc.record({ from: place, length: fc.constant(0), put: few }),
    fc.record({ from: place, length: fc.constant(0), put: fc.constant(valid) }),
  );
  return fc.array(damage, { minLength: 1, maxLength: 4 }).map((damages) =>
    damages.reduce((bytes, { from, length, put }) => {
      const start = Math.min(from, bytes.length);
      return Uint8Array.from([...bytes.subarray(0, start), ...put, ...bytes.subarray(start + length)]);
    }, valid),
  );
}

/** A table or other text with some words, numbers and bytes changed. */
export function damagedText(valid: string): fc.Arbitrary<string> {
  const words = [...valid.matchAll(/[\w.-]+/g)];
  const word = fc
    .record({
      which: fc.constantFrom(...words),
      by: fc.oneof(fc.constantFrom(...wrongTexts), fc.string({ maxLength: 9 })),
    })
    .map(({ which: { index, 0: old }, by }) => valid.slice(0, index) + by + valid.slice(index + old.length));
  const bytes = damagedBytes(new TextEncoder().encode(valid)).map((damaged) => new TextDecoder().decode(damaged));
  return fc.oneof(word, bytes);
}

/** Plain JSON with some values changed or missing. */
export function damagedJson<T>(valid: T): fc.Arbitrary<T> {
  const paths = pathsOf(valid);
  const by = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, -1, 0.5, 1e300, 2 ** 31, '', '__proto__', [], {}, [[]], true),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const damage = fc.record({ path: fc.constantFrom(...paths), by });
  return fc.array(damage, { minLength: 1, maxLength: 3 }).map((damages) => {
    const copy = { root: JSON.parse(JSON.stringify(valid)) as unknown };
    for (const { path, by } of damages) put(copy, ['root', ...path], structuredClone(by));
    return copy.root as T;
  });
}

type Path = readonly (string | number)[];

/** At most a thousand, of long lists the first. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value)
    ? value.slice(0, 4).map((each, index) => [index, each] as const)
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, each]) => pathsOf(each, [...path, key]))].slice(0, 1000);
}

function put(target: unknown, [key, ...rest]: Path, by: unknown): void {
  if (typeof target !== 'object' || target === null) return;
  const record = target as Record<string | number, unknown>;
  if (rest.length > 0) put(record[key!], rest, by);
  else if (by === undefined) delete record[key!];
  else record[key!] = by;
}

/**
 * Reads damaged inputs one after another. Each may be read, or refused with a documented error.
 *
 * It tries 200 of them, or as many as fit into the seconds of the environment variable `CNNVIZ_FUZZ_SECONDS`.
 *
 * @param isDocumented Tells documented errors. Default: those that begin with the name of a package.
 */
export async function fuzz<T>(
  damaged: fc.Arbitrary<T>,
  read: (damaged: T) => unknown,
  isDocumented: (error: Error) => boolean = ({ message }) => /^@cnnviz\/[\w-]+: /.test(message),
): Promise<void> {
  const seconds = Number(process.env.CNNVIZ_FUZZ_SECONDS ?? 0);
  const property = fc.asyncProperty(damaged, async (each) => {
    try {
      await read(each);
    } catch (error) {
      if (!(error instanceof Error) || !isDocumented(error)) throw error;
    }
  });
  const before = process.memoryUsage().rss;
  await fc.assert(
    property,
    seconds > 0 ? { numRuns: 1e9, interruptAfterTimeLimit: 1000 * seconds } : { numRuns: 200, seed: 0 },
  );
  const grown = process.memoryUsage().rss - before;
  if (grown > 1e9) throw new Error(`reading damaged files took ${(grown / 1e9).toFixed(1)} GB`);
}
