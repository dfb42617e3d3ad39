import type { PictureCell } from '@cnnviz/example-support';
import type { PublishedNetwork } from './networks.ts';
import { attack } from './procedures/attack.ts';
import { dissection } from './procedures/dissection.ts';
import { evolution } from './procedures/evolution.ts';
import { fineTuning } from './procedures/fine-tuning.ts';
import { grids } from './procedures/grids.ts';
import { maximization } from './procedures/maximization.ts';
import type { Procedure } from './procedures/procedure.ts';
import { field } from './procedures/receptive-field.ts';
import { type Extent, openSubject, type Pictures, type Subject } from './subject.ts';

/** In the order of the table. Training is the last: it changes the network. */
export const procedures: readonly Procedure[] = [attack, maximization, evolution, grids, field, dissection, fineTuning];

/** What one procedure gave with one network. */
export interface Finding {
  procedure: string;
  status: 'works' | 'not for it' | 'fails';
  /** The result, or the reason why there is none. */
  text: string;
  pictures: PictureCell[];
}

/** A row of the table. */
export interface Examined {
  network: PublishedNetwork;
  findings: Finding[];
}

/** Puts a network through every procedure. Nothing stays in memory. */
export async function examine(
  network: PublishedNetwork,
  pictures: Pictures,
  extent: Extent,
  onProcedure: (name: string) => void = () => {},
): Promise<Examined> {
  const subject = await openSubject(network, pictures, extent);
  try {
    const findings: Finding[] = [];
    for (const procedure of procedures) {
      onProcedure(procedure.name);
      findings.push(await findingOf(procedure, subject));
    }
    return { network, findings };
  } finally {
    subject.dispose();
  }
}

async function findingOf({ name, run }: Procedure, subject: Subject): Promise<Finding> {
  try {
    const outcome = await run(subject);
    if ('notFor' in outcome) return { procedure: name, status: 'not for it', text: outcome.notFor, pictures: [] };
    return { procedure: name, status: 'works', text: outcome.text, pictures: outcome.pictures ?? [] };
  } catch (error) {
    return { procedure: name, status: 'fails', text: (error as Error).message, pictures: [] };
  }
}
