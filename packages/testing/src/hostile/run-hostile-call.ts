import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { CallbackWatch, HostileCall } from './hostile-calls.ts';

/** A call that succeeds, from which hostile ones are made. */
export interface ValidCall {
  /** Its arguments, made anew for each call. Without: none. */
  given?: () => unknown[];
  /** What a method is called on, made anew for each call. */
  on?: () => unknown;
  /** Goes on with what the function returns, where that does no work yet: an encoding, an objective, an archive. */
  use?: (result: never, given: readonly unknown[]) => unknown;
  /** Functions in whose name an error may speak. Default: the function's own. */
  speaksAs?: readonly string[];
  /** Hostile calls that may succeed, or dispose what they are given, although the types say otherwise: each with the reason. */
  accepts?: Readonly<Record<string, string>>;
}

/** How a function is called. */
export interface Callee {
  packageName: string;
  name: string;
  call: (on: unknown, given: readonly unknown[]) => unknown;
}

/**
 * Makes a call and tells what is wrong with its outcome: an error that is not in our form, a success where the types
 * say that there should be none, a leaked tensor, a tensor of the caller that is gone.
 *
 * @returns A sentence, or nothing if all is well.
 */
export async function faultOf(callee: Callee, valid: ValidCall, hostile?: HostileCall): Promise<string | undefined> {
  const before = tf.memory().numTensors;
  const watch: CallbackWatch = { strays: [] };
  const on = valid.on?.();
  const own = valid.given?.() ?? [];
  const given = hostile === undefined ? own : hostile.spoil(own, watch);
  const mine = new Set([...tensorsIn(own), ...tensorsIn(given), ...tensorsIn(on)]);
  const alive = [...mine].filter((tensor) => !tensor.isDisposed);
  const outcome = await outcomeOf(async () => {
    const result = await callee.call(on, given);
    return { result, used: valid.use === undefined ? undefined : await valid.use(result as never, given) };
  });
  const destroyed = alive.filter((tensor) => tensor.isDisposed);
  for (const tensor of tensorsIn(outcome.result)) tensor.dispose();
  for (const tensor of [...alive, ...tensorsIn(watch.strays)]) tensor.dispose();
  for (const optimizer of optimizersIn([own, on])) optimizer.dispose();
  // What a promise of the caller still brings is disposed after it.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const leaked = tf.memory().numTensors - before;
  const isAccepted = hostile !== undefined && valid.accepts?.[hostile.label] !== undefined;
  const faults = [
    hostile === undefined
      ? outcome.thrown && `failed: ${shown(outcome.thrown)}`
      : verdict(callee, valid, hostile, watch, outcome),
    destroyed.length > 0 && !isAccepted && `disposed ${destroyed.length} tensors of the caller`,
    leaked > 0 && `leaked ${leaked} tensors`,
    leaked < 0 && `disposed ${-leaked} tensors too many`,
  ].filter(Boolean);
  return faults.length === 0 ? undefined : `${hostile?.label ?? 'the valid call'}: ${faults.join('; ')}`;
}

interface Outcome {
  result?: unknown;
  thrown?: unknown;
}

async function outcomeOf(call: () => unknown): Promise<Outcome> {
  try {
    return { result: await call() };
  } catch (thrown) {
    return { thrown: thrown ?? new Error('nothing was thrown') };
  }
}

function verdict(
  { packageName, name }: Callee,
  { accepts, use, speaksAs = namesOf(name) }: ValidCall,
  { label, mayPass }: HostileCall,
  { wasCalled, thrown: ofCallback }: CallbackWatch,
  { thrown }: Outcome,
): string | undefined {
  if (thrown === undefined) {
    const isAccepted = mayPass || wasCalled === false || accepts?.[label] !== undefined;
    return isAccepted ? undefined : 'was accepted';
  }
  const { message, cause } = thrown instanceof Error ? thrown : new Error();
  // What makes use of the result speaks as itself.
  const speakers = use === undefined ? speaksAs.map((speaker) => `${speaker}: `) : [''];
  const isOurs = speakers.some((speaker) => message.startsWith(`${packageName}: ${speaker}`));
  if (ofCallback !== undefined) {
    // An error of ours may say more, such as the file that cannot be read, if the callback's is its cause.
    const isTold = thrown === ofCallback || (isOurs && cause === ofCallback);
    // A promise may be allowed with other options alone: then it is refused for being one.
    const isRefused = isOurs && message.endsWith('must be synchronous, got a promise');
    return isTold || isRefused ? undefined : `hid the callback's error: ${shown(thrown)}`;
  }
  return isOurs ? undefined : shown(thrown);
}

/** A method speaks as itself or as its class. */
function namesOf(name: string): string[] {
  const [owner = name, method] = name.split(/[.#]/);
  return method === undefined ? [name] : [owner, `${owner}.${method}`, method];
}

function shown(thrown: unknown): string {
  return (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)).slice(0, 200);
}

/** All tensors within plain data, arrays and objects. */
function tensorsIn(value: unknown, seen = new Set<unknown>()): Tensor[] {
  if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return [];
  seen.add(value);
  if (value instanceof tf.Tensor) return [value];
  // What an optimizer remembers it replaces as it likes.
  if (value instanceof Promise || value instanceof AbortSignal || isOptimizer(value)) return [];
  return Object.values(value).flatMap((part) => tensorsIn(part, seen));
}

/** tfjs asks what it is given for its methods. */
function isOptimizer(value: unknown): value is tf.Optimizer {
  return typeof value === 'object' && value !== null && value instanceof tf.Optimizer;
}

function optimizersIn(value: unknown, depth = 0): tf.Optimizer[] {
  if (typeof value !== 'object' || value === null || depth > 3 || value instanceof tf.Tensor) return [];
  return isOptimizer(value) ? [value] : Object.values(value).flatMap((part) => optimizersIn(part, depth + 1));
}
