interface Kinds {
  Float32Array: Float32Array;
  Float64Array: Float64Array;
  Int32Array: Int32Array;
  RegExp: RegExp;
  Uint16Array: Uint16Array;
  Uint32Array: Uint32Array;
  Uint8Array: Uint8Array;
  URL: URL;
}

/** Like `instanceof`, also for an object of another realm: of Jest's sandbox, a frame or a vm context. */
export function isA<Kind extends keyof Kinds>(kind: Kind, value: unknown): value is Kinds[Kind] {
  return Object.prototype.toString.call(value) === `[object ${kind}]`;
}

/** Whether it was made by `{}`, in whichever realm, and is no instance of a class. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether it has to be awaited, whichever realm's promise it is. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** What an error says, whichever realm it is of, or a value that was thrown. */
export function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}
