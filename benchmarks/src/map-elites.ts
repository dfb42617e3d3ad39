import { directEncoding, evolveFoolingImages, gaussianMutation, type ImageEncoding } from '@cnnviz/genetic';
import * as tf from '@tensorflow/tfjs-core';
import { inTurns, timed } from './in-turns.ts';
import { startPeer } from './peer.ts';
import { ourMemory, type Setting } from './row.ts';
import { digitSubject, disposeSubject, type Subject } from './subjects.ts';

const SHAPE = [28, 28, 1] as const;

/** MAP-Elites on LeNet with the settings of pyribs' tutorial, which an image that is taken for a class competes in alone. */
export async function compareMapElites(setting: Setting): Promise<void> {
  const peer = await startPeer('ribs_map_elites.py');
  if ('missing' in peer) return setting.skip('MAP-Elites against pyribs', peer.missing);
  const subject = await digitSubject(setting, 1);
  try {
    const { folder, logits } = subject.exported;
    await peer.ask('prepare', { network: folder, logits });
    for (const batch of setting.quick ? [30] : [30, 200]) {
      const generations = 6000 / batch;
      let mine: number[] = [];
      let others: number[] = [];
      let peerBytes = 0;
      const runOurs = () =>
        timed(async () => {
          mine = await evolve(subject, batch, generations);
        });
      const pairs = await inTurns(setting.rounds, runOurs, async () => {
        const { result, residentBytes, ...timing } = await peer.ask<number[]>('evolve', {
          batch,
          generations,
          seed: 0,
        });
        others = result;
        peerBytes = residentBytes;
        return timing;
      });
      const floor = await inTurns(setting.rounds, runOurs, () => timed(() => forward(subject, batch, generations)));
      const evaluations = batch * generations;
      setting.emit({
        what: `MAP-Elites: LeNet, ${generations} generations of ${batch}`,
        backend: setting.backend,
        peer: peer.version,
        pairs,
        handled: { ours: evaluations, theirs: evaluations, unit: 'evaluations' },
        overFloor: floor.ratio,
        memory: { ours: ourMemory(), theirs: peerBytes },
        equal: `other random numbers; ${inWords(mine)} and ${inWords(others)}`,
      });
    }
  } finally {
    peer.stop();
    disposeSubject(subject);
  }
}

async function evolve({ network }: Subject, batch: number, generations: number): Promise<number[]> {
  const { elites } = await evolveFoolingImages(network.classifier, {
    encoding: gaussianSteps(),
    bounds: network.bounds,
    competition: 'argmax',
    parents: 'elites',
    crossoverRate: 0,
    populationSize: batch,
    batchSize: batch,
    generations,
    seed: 0,
  });
  return elites.map(({ objective }) => objective);
}

/** Each pixel of the parent, or of gray, plus a normal number. */
function gaussianSteps(): ImageEncoding<Float32Array> {
  const step = { deviation: 0.5, rate: 1, bounds: [0, 1] } as const;
  const gray = new Float32Array(784).fill(0.5);
  return {
    ...directEncoding({ shape: SHAPE }),
    create: ({ random }) => gaussianMutation(gray, random, step),
    mutate: (genome, { random }) => gaussianMutation(genome, random, step),
  };
}

/** The evaluations alone. */
async function forward({ network }: Subject, batch: number, generations: number): Promise<void> {
  const pixels = new Float32Array(batch * 784).fill(0.5);
  for (let generation = 0; generation < generations; generation++) {
    const output = tf.tidy(() => network.classifier(tf.tensor4d(pixels, [batch, ...SHAPE])));
    await output.data();
    output.dispose();
  }
}

function inWords(objectives: number[]): string {
  const mean = objectives.reduce((sum, one) => sum + one, 0) / objectives.length;
  return `${objectives.length} of 10 classes at ${(100 * mean).toFixed(1)} %`;
}
