import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { bitEncoding } from './bit-encoding.ts';
import { type EvolveOptions, type EvolveProgress, evolve } from './evolve.ts';

const ones = (bits: Uint8Array) => bits.reduce((sum, bit) => sum + bit, 0);
const base = { encoding: bitEncoding({ length: 30 }), populationSize: 40, generations: 12, seed: 2 };
const run = (options: Partial<EvolveOptions<Uint8Array>> = {}) => evolve({ ...base, fitness: ones, ...options });

describe('evolve', () => {
  it('gives the same for fitness at once, as promises, and of many at a time', async () => {
    const atOnce = await run();
    expect(await run({ fitness: async (bits) => ones(bits) })).toEqual(atOnce);
    const batched = { ...base, batchFitness: (genomes: readonly Uint8Array[]) => genomes.map(ones) };
    expect(await evolve(batched)).toEqual(atOnce);
    expect(await evolve({ ...base, batchFitness: async (genomes) => Float64Array.from(genomes, ones) })).toEqual(
      atOnce,
    );
    // As Node's own promises are in Jest, whose tests run in a realm of their own.
    const ofAnotherRealm: (values: number[]) => Promise<number[]> = runInNewContext('async (values) => values');
    expect(await evolve({ ...base, batchFitness: (genomes) => ofAnotherRealm(genomes.map(ones)) })).toEqual(atOnce);
  });

  it('waits for promises of another realm', async () => {
    const batchFitness = runInNewContext('async (genomes) => genomes.map((bits) => bits.reduce((a, b) => a + b, 0))');
    expect(await evolve({ ...base, batchFitness })).toEqual(await run());
  });

  it('stops at the number of generations, the target or the end of patience, and says which', async () => {
    const full = await run();
    expect(full.stoppedBy).toBe('generations');
    expect(full.history.map(({ generation }) => generation)).toEqual(Array.from({ length: 13 }, (_, index) => index));

    const hit = await run({ target: 26, generations: 1000 });
    expect(hit.stoppedBy).toBe('target');
    expect(hit.history.at(-1)!.best).toBeGreaterThanOrEqual(26);
    expect(hit.history.at(-2)!.best).toBeLessThan(26);

    const flat = await run({ fitness: () => 1, patience: 4 });
    expect(flat.stoppedBy).toBe('patience');
    expect(flat.history.at(-1)!.generation).toBe(4);

    const low = await run({ goal: 'minimize', target: 8, generations: 1000 });
    expect(low.stoppedBy).toBe('target');
    expect(low.best.fitness).toBeLessThanOrEqual(8);
  });

  it('goes on from a state as if it had not stopped', async () => {
    const unbroken = await run();
    const first = await run({ generations: 5 });
    const second = await run({ state: JSON.parse(JSON.stringify(first.state)) });
    expect(second.state).toEqual(unbroken.state);
    expect(second.population).toEqual(unbroken.population);
    expect([...first.history, ...second.history]).toEqual(unbroken.history);
    expect((await run({ state: unbroken.state })).history).toEqual([]);
  });

  it('goes on from the state of the progress that it was aborted at', async () => {
    const unbroken = await run();
    const controller = new AbortController();
    const reason = new Error('enough');
    let last: EvolveProgress<Uint8Array> | undefined;
    const aborted = run({
      signal: controller.signal,
      onProgress: (progress) => {
        last = progress;
        if (progress.generation === 6) controller.abort(reason);
      },
    });
    await expect(aborted).rejects.toBe(reason);
    expect(last!.generation).toBe(6);
    expect((await run({ state: last!.state() })).state).toEqual(unbroken.state);
  });

  it('rejects at once where the signal is aborted already, without evaluating', async () => {
    let evaluations = 0;
    const fitness = () => evaluations++;
    await expect(run({ fitness, signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(evaluations).toBe(0);
  });

  it('awaits progress and passes its error on', async () => {
    await expect(run({ onProgress: () => Promise.reject(new Error('disk full')) })).rejects.toThrow('disk full');
  });

  it('says which individual has no fitness', async () => {
    let count = 0;
    const fitness = () => (count++ === 45 ? Number.NaN : 1);
    await expect(run({ fitness })).rejects.toThrow(/fitness of individual 5 of \d+ in generation 1 must be a finite/);
    const short = evolve({ ...base, batchFitness: () => [1, 2] });
    await expect(short).rejects.toThrow('fitness must be 40 numbers, one for each genome that was asked, got 2');
  });

  it('needs one fitness function, and options in range', async () => {
    await expect(evolve(base)).rejects.toThrow('@cnnviz/genetic: evolve: set either fitness or batchFitness');
    await expect(run({ batchFitness: () => [] })).rejects.toThrow('set either fitness or batchFitness');
    await expect(run({ generations: -1 })).rejects.toThrow('generations must be an integer >= 0, got -1');
    await expect(run({ patience: 0 })).rejects.toThrow('patience');
  });
});
