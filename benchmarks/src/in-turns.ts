import { median } from '@cnnviz/example-support';

export interface Timing {
  /** Elapsed time. */
  seconds: number;
  /** Processor time of all threads. */
  processorSeconds: number;
}

export interface Pair {
  ours: Timing;
  theirs: Timing;
}

export interface Pairs {
  /** Medians of our times and of the peer's. */
  ours: Timing;
  theirs: Timing;
  /** Median over the pairs of our elapsed time divided by the peer's. Below 1, our code is faster. */
  ratio: number;
}

/** Runs both in turns, `rounds` times after one warm-up round, so that other load on the machine affects both. */
export async function inTurns(
  rounds: number,
  ours: () => Promise<Timing>,
  theirs: () => Promise<Timing>,
): Promise<Pairs> {
  const pairs: Pair[] = [];
  for (let round = 0; round <= rounds; round++) {
    // The order alternates, too.
    const isOursFirst = round % 2 === 0;
    const first = await (isOursFirst ? ours : theirs)();
    const second = await (isOursFirst ? theirs : ours)();
    if (round > 0) pairs.push(isOursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first });
  }
  return mediansOf(pairs);
}

export function mediansOf(pairs: readonly Pair[]): Pairs {
  const medianOf = (whose: 'ours' | 'theirs'): Timing => ({
    seconds: median(pairs.map((pair) => pair[whose].seconds)),
    processorSeconds: median(pairs.map((pair) => pair[whose].processorSeconds)),
  });
  return {
    ours: medianOf('ours'),
    theirs: medianOf('theirs'),
    ratio: median(pairs.map((pair) => pair.ours.seconds / pair.theirs.seconds)),
  };
}

/** Runs the work and measures its time. */
export async function timed<T>(work: () => T | Promise<T>): Promise<Timing & { result: T }> {
  const stop = startTiming();
  const result = await work();
  return { ...stop(), result };
}

/** Measures synchronous work. */
export function timedAtOnce<T>(work: () => T): Timing & { result: T } {
  const stop = startTiming();
  const result = work();
  return { ...stop(), result };
}

function startTiming(): () => Timing {
  const processor = process.cpuUsage();
  const clock = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(processor);
    return { seconds: (performance.now() - clock) / 1000, processorSeconds: (user + system) / 1e6 };
  };
}
