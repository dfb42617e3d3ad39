import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** An option of a command: how it is written, what it does, and how its value is read. */
export interface Option<T> {
  /** Stands for the value in the help, such as `NUMBER`. A flag has none. */
  placeholder?: string;
  /** What it does or decides, for the help. */
  help: string;
  /** Reads what was typed; `undefined` if the option was not given. */
  read(given: string | undefined, name: string): T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** What the options were read as. */
export type OptionValues<O extends Options> = { [Name in keyof O]: O[Name] extends Option<infer T> ? T : never };

interface Default<T> {
  /** Taken if the option is not given; named in the help. */
  default: T;
}

/** `--quick`: true if given. */
export function flag(help: string): Option<boolean> {
  return { help, read: (given) => given !== undefined };
}

/** Any text, such as a name or an address. */
export function text(placeholder: string, help: string, options: Default<string>): Option<string>;
export function text(placeholder: string, help: string): Option<string | undefined>;
export function text(placeholder: string, help: string, options?: Default<string>): Option<string | undefined> {
  return withDefault({ placeholder, help, read: (given) => given }, options);
}

/** A file or folder; read as an absolute path, from the folder in which the command was typed. */
export function path(placeholder: 'FILE' | 'FOLDER', help: string): Option<string | undefined> {
  return { placeholder, help, read: (given) => (given === undefined ? undefined : resolve(typedIn(), given)) };
}

/** A whole number of at least `min`, default 1. */
export function wholeNumber(help: string, options: Default<number> & { min?: number }): Option<number>;
export function wholeNumber(help: string, options?: { min?: number }): Option<number | undefined>;
export function wholeNumber(
  help: string,
  { min = 1, ...standard }: Partial<Default<number>> & { min?: number } = {},
): Option<number | undefined> {
  const read = reader((value) => Number.isSafeInteger(value) && value >= min, `a whole number >= ${min}`);
  return withDefault({ placeholder: 'NUMBER', help, read }, standard);
}

/** A number above 0. */
export function positiveNumber(help: string, options: Default<number>): Option<number>;
export function positiveNumber(help: string): Option<number | undefined>;
export function positiveNumber(help: string, options?: Default<number>): Option<number | undefined> {
  const read = reader((value) => Number.isFinite(value) && value > 0, 'a number > 0');
  return withDefault({ placeholder: 'NUMBER', help, read }, options);
}

/** A number from 0 to 1. */
export function probability(help: string, options: Default<number>): Option<number> {
  return withDefault(
    { placeholder: 'P', help, read: reader((p) => p >= 0 && p <= 1, 'a number from 0 to 1') },
    options,
  );
}

/** `--seed`: a whole number, default 0. */
export function seed(help = ''): Option<number> {
  return wholeNumber(help, { default: 0, min: 0 });
}

/** One of some names. */
export function oneOf<const T extends string>(names: readonly T[], help: string, options: Default<T>): Option<T>;
export function oneOf<const T extends string>(names: readonly T[], help: string): Option<T | undefined>;
export function oneOf<T extends string>(
  names: readonly T[],
  help: string,
  options?: Default<T>,
): Option<T | undefined> {
  const read = (given: string | undefined, name: string) => {
    const found = names.find((each) => each === given);
    if (given === undefined || found !== undefined) return found;
    throw new RangeError(`--${name} must be one of ${names.join(', ')}, got ${given}`);
  };
  return withDefault({ placeholder: 'NAME', help, read }, options);
}

/** Numbers with commas between them: exactly `count`, if it is given. */
export function numbers(placeholder: string, help: string, count?: number): Option<number[] | undefined> {
  return {
    placeholder,
    help,
    read: listReader(Number.isFinite, count === undefined ? 'numbers' : `${count} numbers`, count),
  };
}

/** Whole numbers >= 0 with commas between them. */
export function wholeNumbers(placeholder: string, help: string): Option<number[] | undefined> {
  const isWhole = (value: number) => Number.isSafeInteger(value) && value >= 0;
  return { placeholder, help, read: listReader(isWhole, 'whole numbers >= 0') };
}

/** Names with commas between them. */
export function names(placeholder: string, help: string): Option<string[] | undefined> {
  return { placeholder, help, read: (given) => given?.split(',') };
}

/** `--backend`, as `chooseBackend` reads it. */
export function backend(): Option<string | undefined> {
  return text('NAME', 'tensorflow-gpu, tensorflow, webgpu, wasm or cpu (default: the first of them that starts)');
}

/**
 * Reads the options of a command.
 *
 * @returns The value of each option, or `undefined` if `--help` was among them.
 * @throws TypeError if an option is unknown or lacks its value, RangeError if a value is not allowed.
 */
export function readOptions<O extends Options>(
  options: O,
  argv: readonly string[] = process.argv.slice(2),
): OptionValues<O> | undefined {
  const config: Record<string, { type: 'boolean' | 'string' }> = { help: { type: 'boolean' } };
  for (const [name, { placeholder }] of Object.entries(options)) {
    config[name] = { type: placeholder === undefined ? 'boolean' : 'string' };
  }
  const { values } = parseArgs({ args: [...argv], options: config });
  if (values.help) return undefined;
  return Object.fromEntries(
    Object.entries(options).map(([name, { read }]) => {
      const given = values[name];
      return [name, read(given === undefined ? undefined : String(given), name)];
    }),
  ) as OptionValues<O>;
}

const WIDTH = 120;

/** The help of a command: a summary, then a line or more for each option, at most 120 characters wide. */
export function helpText(summary: string, options: Options): string {
  const entries = Object.entries(options).map(([name, { placeholder, help }]) => ({
    option: `--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`,
    help,
  }));
  const column = 2 + Math.max(...entries.map(({ option }) => option.length)) + 2;
  const lines = entries.flatMap(({ option, help }) =>
    wrapped(help, WIDTH - column).map((line, index) => `${(index === 0 ? `  ${option}` : '').padEnd(column)}${line}`),
  );
  return [...wrapped(summary, WIDTH), '', ...lines, '  --help'].map((line) => line.trimEnd()).join('\n');
}

function wrapped(words: string, width: number): string[] {
  const lines = [''];
  for (const word of words.split(/\s+/)) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (line.length <= width) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}

/** The folder in which the command was typed: pnpm starts an example in its own. */
function typedIn(): string {
  return process.env.INIT_CWD ?? '.';
}

function withDefault<T>(option: Option<T | undefined>, options?: Partial<Default<T>>): Option<T> {
  const standard = options?.default;
  if (standard === undefined) return option as Option<T>;
  return {
    ...option,
    help: `${option.help} (default: ${standard})`.trim(),
    read: (given, name) => option.read(given, name) ?? standard,
  };
}

function reader(isAllowed: (value: number) => boolean, expected: string) {
  return (given: string | undefined, name: string): number | undefined => {
    if (given === undefined) return undefined;
    const value = numberOf(given);
    if (isAllowed(value)) return value;
    throw new RangeError(`--${name} must be ${expected}, got ${given}`);
  };
}

function listReader(isAllowed: (value: number) => boolean, expected: string, count?: number) {
  return (given: string | undefined, name: string): number[] | undefined => {
    const list = given?.split(',').map(numberOf);
    if (list === undefined || (list.every(isAllowed) && list.length === (count ?? list.length))) return list;
    throw new RangeError(`--${name} must be ${expected}, with commas between them, got ${given}`);
  };
}

/** Unlike `Number`, takes an empty text for no number. */
function numberOf(given: string): number {
  return given.trim() === '' ? Number.NaN : Number(given);
}
