/**
 * A worker counts as dead when it owes an answer and none has come for so many milliseconds, counted in ticks: an event
 * loop that is busy ticks less often, so that a slow machine is waited for longer.
 */
const PATIENCE = 3000;
const TICK = 250;

/** What workers owe. */
export interface Answers {
  /** Rejects with what `fail` is told, or when no answer comes. */
  failure: Promise<never>;
  /** A worker owes one more. */
  expect(): void;
  /** One has come. */
  came(): void;
  fail(error: unknown): void;
  isOver(): boolean;
  /** Ends the watch, which keeps Node alive. */
  stop(): void;
}

/** Keeps watch over workers that start. */
export function expectAnswers(): Answers {
  let owed = 0;
  let silent = 0;
  let isOver = false;
  let fail: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failure.catch(() => {});
  const timer = setInterval(() => {
    silent = owed > 0 ? silent + TICK : 0;
    if (silent >= PATIENCE) fail(new Error(`a worker gave no answer in ${PATIENCE / 1000} s`));
  }, TICK);
  return {
    failure,
    fail,
    expect: () => {
      owed++;
    },
    came: () => {
      owed--;
      silent = 0;
    },
    isOver: () => isOver,
    stop: () => {
      isOver = true;
      clearInterval(timer);
    },
  };
}
