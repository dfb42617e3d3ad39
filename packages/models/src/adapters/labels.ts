import { type Check, isPromise, messageOf } from '@cnnviz/internal';

/** The name of each class: a list, or an object such as `{ 0: 'tench', 1: 'goldfish' }`. */
export type Labels = readonly string[] | Readonly<Record<number, string>>;

/**
 * Checks labels and turns them into a list of names without holes.
 *
 * @param classes The expected number of names. Default: not known.
 * @param name What errors call the labels: the file that they were read from.
 */
export function checkLabels(check: Check, labels: unknown, classes?: number, name = 'labels'): readonly string[] {
  if (typeof labels !== 'object' || labels === null || isPromise(labels)) {
    return check.fail('type', name, 'a list of names, or an object by class', labels);
  }
  const list: unknown[] = Array.isArray(labels) ? labels : listOfObject(check, labels, name);
  const wrong = list.findIndex((label) => typeof label !== 'string');
  if (wrong !== -1) check.fail('type', `${name}[${wrong}]`, 'a name', list[wrong]);
  if (classes !== undefined && list.length !== classes) {
    check.fail('range', name, `${classes} names, one for each class`, list);
  }
  return list as string[];
}

/** Reads `{ 0: 'tench' }`, and Keras' `{ 0: ['n01440764', 'tench'] }`, whose last entry is the name. */
function listOfObject(check: Check, labels: object, name: string): unknown[] {
  const entries = Object.entries(labels);
  const list = new Array<unknown>(entries.length).fill(undefined);
  for (const [key, value] of entries) {
    const label = check.number(`a class of ${name}`, Number(key), { integer: true, min: 0, max: entries.length - 1 });
    list[label] = Array.isArray(value) ? value.at(-1) : value;
  }
  return list;
}

/** Reads the contents of a labels.txt with one name per line, or of a JSON file. */
export function parseLabels(check: Check, text: string, path: string): readonly string[] {
  if (!path.endsWith('.json')) {
    const lines = text
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
      .map((line) => line.trim());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }
  let labels: unknown;
  try {
    labels = JSON.parse(text);
  } catch (error) {
    throw check.errorBecause('state', `${path}: expected a list of labels, found ${messageOf(error)}`);
  }
  return checkLabels(check, labels, undefined, path);
}
