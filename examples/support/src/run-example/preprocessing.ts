import type { Preprocessing } from '@cnnviz/models';
import { numbers } from './options.ts';

/** Options that say what pixels a network takes, for models that do not say it themselves. */
export const preprocessingOptions = {
  range: numbers('MIN,MAX', 'of the pixels that the network takes, such as 0,1, where the model does not say', 2),
  mean: numbers('R,G,B', 'subtracted from them (default: 0,0,0)', 3),
  deviation: numbers('R,G,B', 'divides them (default: 1,1,1)', 3),
};

/** @returns `undefined` if nothing was given. */
export function preprocessingOf({
  range,
  mean,
  deviation,
}: Record<keyof typeof preprocessingOptions, number[] | undefined>): Preprocessing | undefined {
  if (range === undefined) {
    if (mean !== undefined || deviation !== undefined) throw new RangeError('--mean and --deviation need --range');
    return undefined;
  }
  return {
    range: [range[0]!, range[1]!],
    ...(mean !== undefined && { mean }),
    ...(deviation !== undefined && { deviation }),
  };
}
