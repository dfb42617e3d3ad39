import { describe, expect, it } from 'vitest';
import { inTurns, type Timing, timed } from './in-turns.ts';

describe('inTurns', () => {
  it('takes medians of the pairs that count, and of their ratios', async () => {
    const order: string[] = [];
    const taking = (name: string, all: number[]) => {
      let calls = 0;
      return async (): Promise<Timing> => {
        order.push(name);
        const seconds = all[calls++]!;
        return { seconds, processorSeconds: 2 * seconds };
      };
    };
    // The first of each warms up.
    const pairs = await inTurns(3, taking('ours', [100, 1, 2, 9]), taking('theirs', [100, 2, 8, 3]));
    expect(pairs).toEqual({
      ours: { seconds: 2, processorSeconds: 4 },
      theirs: { seconds: 3, processorSeconds: 6 },
      // Of 1/2, 2/8 and 9/3: not 2/3.
      ratio: 0.5,
    });
    expect(order).toEqual(['ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs', 'theirs', 'ours']);
  });

  it('counts the time of all threads apart from that by the clock', async () => {
    const { result, seconds, processorSeconds } = await timed(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return 7;
    });
    expect(result).toBe(7);
    expect(seconds).toBeGreaterThanOrEqual(0.09);
    expect(processorSeconds).toBeLessThan(seconds);
  });
});
