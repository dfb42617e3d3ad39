import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { decodeCheckpoint } from '../index.ts';

const program = fileURLToPath(new URL('../../scripts/train-with-checkpoints.ts', import.meta.url));

/** Runs it to its end, or kills it after so many checkpoints. */
async function training(file: string, checkpoints = Number.POSITIVE_INFINITY) {
  const child = spawn(process.execPath, ['--conditions=@cnnviz/source', '--import', 'tsx', program, file]);
  const ended = once(child, 'close');
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  let [seen, last] = [0, ''];
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line === 'checkpoint' && ++seen === checkpoints) child.kill('SIGKILL');
  }
  const [code, signal] = await ended;
  expect(signal === 'SIGKILL' || code === 0, errors).toBe(true);
  return { signal, seen, last };
}

test('a training that is killed twice ends, from its file, bit for bit where an undisturbed one ends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resume-'));
  try {
    const undisturbed = await training(join(folder, 'undisturbed'));
    expect(undisturbed.signal).toBeNull();
    expect(JSON.parse(undisturbed.last).history).toHaveLength(4);

    const file = join(folder, 'killed');
    const places: number[] = [];
    for (const checkpoints of [3, 6]) {
      expect((await training(file, checkpoints)).signal).toBe('SIGKILL');
      const { epoch, batch } = decodeCheckpoint(await readFile(file));
      places.push(6 * epoch + batch);
    }
    expect(places[0]).toBeGreaterThan(0);
    expect(places[1]).toBeGreaterThan(places[0]!);
    expect(places[1]).toBeLessThan(24);

    const resumed = await training(file);
    expect(resumed.signal).toBeNull();
    expect(resumed.seen).toBeLessThan(undisturbed.seen);
    expect(resumed.last).toBe(undisturbed.last);
  } finally {
    await rm(folder, { recursive: true });
  }
});
