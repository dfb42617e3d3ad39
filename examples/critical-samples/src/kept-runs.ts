import { existsSync } from 'node:fs';
import { readJson } from '@cnnviz/example-support';
import { type CriticalRun, type Measurement, remedies, type Scale } from './experiment.ts';

/**
 * What an earlier run of the same settings kept; nothing where there is no file.
 *
 * @throws Error that names the file if it is of other settings, or a run in it is not whole; says which.
 */
export async function readRuns(
  path: string,
  settings: string,
  scale: Pick<Scale, 'epochs' | 'every'>,
): Promise<CriticalRun[]> {
  if (!existsSync(path)) return [];
  const kept = ((await readJson(path)) ?? {}) as { settings?: unknown; runs?: CriticalRun[] };
  if (kept.settings !== settings || !Array.isArray(kept.runs)) {
    const found = typeof kept.settings === 'string' ? kept.settings : 'something else';
    throw new Error(`${path} holds runs of ${found}: choose another --out or remove it`);
  }
  const damaged = kept.runs.findIndex((run) => !isRun(run, scale));
  if (damaged >= 0) throw new Error(`${path}: expected runs of this example, found something else as run ${damaged}`);
  return kept.runs;
}

function isRun(run: CriticalRun | null, { epochs, every }: Pick<Scale, 'epochs' | 'every'>): boolean {
  const measured = Array.from({ length: epochs + 1 }, (_, epoch) => epoch).filter(
    (epoch) => epoch % every === 0 || epoch === epochs,
  );
  return (
    (run?.images === 'real' || run?.images === 'gaussian') &&
    remedies.includes(run.remedy) &&
    [run.noise, run.seed, run.seconds].every(Number.isFinite) &&
    Array.isArray(run.measurements) &&
    run.measurements.length === measured.length &&
    measured.every((epoch, index) => isMeasurement(run.measurements[index], epoch))
  );
}

function isMeasurement(measurement: Measurement | null | undefined, epoch: number): boolean {
  const { memorized, trainAccuracy, heldOutAccuracy, csr } = measurement ?? {};
  return (
    measurement?.epoch === epoch &&
    (memorized === null || Number.isFinite(memorized)) &&
    [trainAccuracy, heldOutAccuracy, csr?.ratio].every(Number.isFinite) &&
    [csr?.critical, csr?.images].every(Number.isSafeInteger) &&
    0 <= csr!.critical &&
    csr!.critical <= csr!.images &&
    csr!.images > 0
  );
}
