import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { version_core } from '@tensorflow/tfjs-core';
import { workspaceRoot } from './backends/installed.ts';
import { writeWhole } from './html-report/write-report.ts';
import { type PeakMemory, peakMemory } from './peak-memory.ts';
import { isListOf, readJson } from './read-json.ts';

/** What somebody stated, beside what was measured here. */
export interface Claim {
  /** One sentence. */
  claim: string;
  /** Paper, table or figure. */
  source: string;
  /** Their number or order. */
  theirs: string;
  /** What came out here: with an interval, or with the range over seeds. */
  ours: string;
  /** Network, data, and how much of them. */
  on: string;
  /** How many times it was repeated. */
  seeds: number;
  /** Whether ours agrees with theirs. */
  agrees: Agreement;
}

export const agreements = ['yes', 'in part', 'no'] as const;
export type Agreement = (typeof agreements)[number];

export interface ClaimsFile {
  claims: Claim[];
  /** Name and detail. */
  backend: string;
  /** That the whole took by the clock. */
  seconds: number;
  /** That it had at most. */
  memory: PeakMemory;
  commit: string;
  node: string;
  tfjs: string;
}

/** `yes` if all parts hold, `no` if none does. */
export function agreementOf(parts: readonly boolean[]): Agreement {
  if (parts.every(Boolean)) return 'yes';
  return parts.some(Boolean) ? 'in part' : 'no';
}

/** Writes `claims.json` into the folder of a page. */
export async function writeClaims(
  folder: string,
  { claims, backend, seconds }: { claims: Claim[]; backend: { name: string; detail: string }; seconds: number },
): Promise<void> {
  const file: ClaimsFile = {
    claims,
    backend: `${backend.name} (${backend.detail})`,
    seconds: Math.round(seconds),
    memory: peakMemory(),
    commit: await commit(),
    node: process.versions.node,
    tfjs: version_core,
  };
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, 'claims.json'), JSON.stringify(file, null, 2));
}

/** @throws Error that names the file if it is not one that `writeClaims` wrote. */
export async function readClaims(path: string): Promise<ClaimsFile> {
  const file = (await readJson(path)) as ClaimsFile | null;
  const { claims, backend, commit, node, tfjs, seconds, memory } = file ?? {};
  const isWhole =
    isListOf(claims, isClaim) &&
    [backend, commit, node, tfjs].every((each) => typeof each === 'string') &&
    [seconds, memory?.resident, memory?.wasmHeap].every(Number.isFinite);
  if (file === null || !isWhole) {
    throw new Error(`${path}: expected claims as an example writes them, found something else`);
  }
  return file;
}

function isClaim(claim: Claim | null): boolean {
  const { source, theirs, ours, on, seeds, agrees } = claim ?? {};
  return (
    [claim?.claim, source, theirs, ours, on].every((each) => typeof each === 'string') &&
    Number.isFinite(seeds) &&
    agreements.some((agreement) => agreement === agrees)
  );
}

/** Of the sources, and whether they were changed since. */
async function commit(): Promise<string> {
  const git = async (...options: string[]) =>
    (await promisify(execFile)('git', options, { cwd: workspaceRoot() })).stdout.trim();
  try {
    const name = await git('rev-parse', '--short=9', 'HEAD');
    const changed = await git('status', '--porcelain', '--untracked-files=no', '--', 'packages', 'examples');
    return changed === '' ? name : `${name} with changes`;
  } catch {
    return 'unknown';
  }
}
