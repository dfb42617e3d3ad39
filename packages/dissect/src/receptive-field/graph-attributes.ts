import type { FieldGraphNode } from './options.ts';

/** An attribute of a node, as JSON keeps it. */
export type Attributes = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const partOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

/** The lengths of a shape; empty where the attribute is missing. */
export function shapeOf(attribute: unknown): number[] {
  const dims = partOf(partOf(attribute, 'shape'), 'dim');
  return Array.isArray(dims) ? dims.map((dim) => Number(partOf(dim, 'size') ?? Number.NaN)) : [];
}

/** The lengths of a tensor's shape; null where the attribute is missing. */
export function tensorShapeOf(attribute: unknown): number[] | null {
  const tensor = partOf(attribute, 'tensor');
  return isObject(tensor) ? shapeOf({ shape: tensor.tensorShape }) : null;
}

export function listOf(attribute: unknown): number[] {
  const list = partOf(partOf(attribute, 'list'), 'i');
  return Array.isArray(list) ? list.map(Number) : [];
}

export const numberOf = (attribute: unknown, missing = 0): number => Number(partOf(attribute, 'i') ?? missing);

export const flagOf = (attribute: unknown): boolean => partOf(attribute, 'b') === true;

/** JSON keeps the strings of a graph in base64. */
export function textOf(attribute: unknown): string {
  const text = partOf(attribute, 's');
  return typeof text === 'string' ? atob(text) : '';
}

/** What a node takes; `^name` only orders execution. */
export const dataInputs = (node: FieldGraphNode | undefined): string[] =>
  (node?.input ?? []).filter((reference) => !reference.startsWith('^'));

/** Which node is meant by `name` or `name:output`. */
export const idOf = (reference: string): string => reference.replace(/:\d+$/, '');

/** Which of the node's outputs is meant. */
export const outputOf = (reference: string): number => Number(/:(\d+)$/.exec(reference)?.[1] ?? 0);
