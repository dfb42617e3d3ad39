import { job } from './jobs.ts';

/** Work of the chapter of the drawn digit. */
export const digit = {
  nothing: job(async (_options: undefined) => undefined),
};
