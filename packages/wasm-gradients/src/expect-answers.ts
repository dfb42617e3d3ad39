/**
 * A worker counts as dead if it owes an answer and none has arrived for this many milliseconds. They are counted in ticks: a busy
 * event loop ticks less often, so a slow machine gets more time.
 */
const PATIENCE = 3000;
const TICK = 250;

/** The answers that workers owe. */
export interface Answers {
  /** Rejects with the argument of `fail`, or if an answer does not arrive. */
  failure: Promise<never>;
  /** Notes that a worker owes one more answer. */
  expect(): void;
  /** Notes that an answer has arrived. */
  came(): void;
  fail(error: unknown): void;
  isOver(): boolean;
  /** Stops the timer, which keeps Node alive. */
  stop(): void;
}

/** Waits for the answers of workers while they start. */
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
