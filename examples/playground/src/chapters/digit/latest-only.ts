import { isAbort } from '../../page.ts';

/** Runs one call at a time. Of the calls made meanwhile, only the latest is run. */
export function latestOnly<T>(
  run: (argument: T) => Promise<void>,
  fail: (error: unknown) => void,
): (argument: T) => void {
  let isBusy = false;
  let waiting: { argument: T } | undefined;
  const start = async (argument: T) => {
    isBusy = true;
    try {
      await run(argument);
    } catch (error) {
      if (!isAbort(error)) fail(error);
    }
    isBusy = false;
    const next = waiting;
    waiting = undefined;
    if (next !== undefined) void start(next.argument);
  };
  return (argument) => {
    if (isBusy) waiting = { argument };
    else void start(argument);
  };
}
