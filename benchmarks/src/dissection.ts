import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConceptData, type Dissection, dissect, openBroden, receptiveField } from '@cnnviz/dissect';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Numbers } from './exchange.ts';
import { inTurns, mediansOf, type Timing, timed, timedAtOnce } from './in-turns.ts';
import { type Peer, startPeer } from './peer.ts';
import { ourMemory, type Setting } from './row.ts';
import { disposeSubject, photographSubject, type Subject } from './subjects.ts';

/** Ours is to be five times ahead. */
const AIM = 1 / 5;
const QUANTILE = 0.995;

interface Found {
  /** Of each unit: the number of the concept, its IoU, and the unit's threshold. */
  best: number[];
  ious: number[];
  thresholds: number[];
  /** What reading the images and the network took. */
  forward: Timing;
}

/** Dissection of SqueezeNet over labeled photographs, beside NetDissect's algorithm in numpy and PyTorch. */
export async function compareDissections(setting: Setting): Promise<void> {
  const { data } = setting;
  if (data === undefined) return setting.skip('dissection', 'CNNVIZ_DATA is not set');
  const broden = join(data, 'mini-broden');
  const concepts = await openBroden((path) => readFile(join(broden, path)));
  const subject = await photographSubject(setting, data, 1);
  try {
    for (const { layer, counts } of setting.quick ? QUICK : WHOLE) {
      const peer = await startPeer('netdissect.py');
      if ('missing' in peer) return setting.skip('dissection against numpy and PyTorch', peer.missing);
      const { folder, logits } = subject.exported;
      await peer.ask('prepare', { network: folder, logits, layer, broden });
      for (const count of counts) await compare(setting, subject, peer, layer, { ...concepts, count });
      peer.stop();
    }
  } finally {
    disposeSubject(subject);
  }
}

const QUICK = [{ layer: 'fire9_concat', counts: [40] }];
/** 512 units on 13x13, and 128 on 55x55. */
const WHOLE = [
  { layer: 'fire9_concat', counts: [50, 200] },
  { layer: 'fire2_concat', counts: [50] },
];

async function compare(
  setting: Setting,
  subject: Subject,
  peer: Peer,
  layer: string,
  concepts: ConceptData,
): Promise<void> {
  const { network } = subject;
  const [size, width] = network.inputShape;
  const { count } = concepts;
  const field = receptiveField(network.topology as LayersModel, layer, { inputSize: [size, width] });
  const probe = network.probe(layer);
  const own = { ours: [] as Timing[], theirs: [] as Timing[] };
  let dissection: Dissection | undefined;
  let peerBytes = 0;
  const runOurs = async () => {
    const reading = await timed(() => readAll(concepts));
    let forward: Timing = { seconds: 0, processorSeconds: 0 };
    const resized = (images: tf.Tensor4D) => {
      const { result, ...took } = timedAtOnce(() =>
        tf.tidy(() => probe(tf.div(tf.image.resizeBilinear(images, [size, size]), 255) as tf.Tensor4D)),
      );
      forward = plus(forward, took);
      return result;
    };
    const { result, ...whole } = await timed(() =>
      dissect({ probe: resized, concepts, quantile: QUANTILE, upsampling: field }),
    );
    dissection = result;
    own.ours.push(minus(minus(whole, reading), forward));
    return whole;
  };
  const square = { size: field.size[0], stride: field.stride[0], offset: field.offset[0] };
  const request = { count, quantile: QUANTILE, field: square, size };
  const pairs = await inTurns(setting.rounds, runOurs, async () => {
    const { result, residentBytes, ...whole } = await peer.ask<Found>('dissect', request);
    own.theirs.push(minus(whole, result.forward));
    peerBytes = residentBytes;
    return whole;
  });
  const units = dissection!.units.length;
  // JPEG decoders differ: for the results, the peer takes the pixels that ours saw.
  const pixels = await writePixels(subject.exported.folder, concepts);
  const { result: ofSamePixels } = await peer.ask<Found>('dissect', { ...request, pixels });
  // The first pair warmed up.
  const ownPairs = mediansOf(own.ours.map((ours, round) => ({ ours, theirs: own.theirs[round]! })).slice(1));
  const same = {
    backend: setting.backend,
    peer: peer.version,
    handled: { ours: count, theirs: count, unit: 'images' },
    memory: { ours: ourMemory(), theirs: peerBytes },
  };
  setting.emit({
    ...same,
    what: `Dissection: SqueezeNet ${layer}, ${units} units, ${count} photographs`,
    pairs,
    overFloor: pairs.ours.seconds / (pairs.ours.seconds - ownPairs.ours.seconds),
    equal: equality(dissection!, ofSamePixels),
    aim: AIM,
  });
  setting.emit({
    ...same,
    what: `${layer}, ${count} photographs, without reading them and the network`,
    pairs: ownPairs,
    equal: 'of the same runs',
  });
}

async function writePixels(folder: string, concepts: ConceptData): Promise<Numbers> {
  const file = join(folder, 'pixels.bin');
  const [height, width] = concepts.imageSize;
  const all = new Uint8Array(concepts.count * height * width * 3);
  for (let image = 0; image < concepts.count; image++) {
    all.set((await concepts.read(image)).pixels, image * height * width * 3);
  }
  await writeFile(file, all);
  return { file, shape: [concepts.count, height, width, 3], dtype: 'uint8' };
}

async function readAll(concepts: ConceptData): Promise<void> {
  for (let image = 0; image < concepts.count; image++) await concepts.read(image);
}

const plus = (one: Timing, other: Timing): Timing => ({
  seconds: one.seconds + other.seconds,
  processorSeconds: one.processorSeconds + other.processorSeconds,
});

const minus = (whole: Timing, part: Timing): Timing => ({
  seconds: whole.seconds - part.seconds,
  processorSeconds: whole.processorSeconds - part.processorSeconds,
});

function equality({ units }: Dissection, { best, ious, thresholds }: Found): string {
  const limit = 0.04;
  const same = units.filter(({ best: mine }, unit) => mine?.concept.number === best[unit] || mine === null).length;
  const furthest = Math.max(...units.map(({ best: mine }, unit) => Math.abs((mine?.iou ?? 0) - ious[unit]!)));
  const apart = Math.max(...units.map(({ threshold }, unit) => Math.abs(threshold - thresholds[unit]!)));
  const detectors = [units.filter(({ isDetector }) => isDetector).length, ious.filter((iou) => iou > limit).length];
  return `${same} of ${units.length} units detect the same concept, IoUs differ by ${furthest.toExponential(0)} at most, thresholds by ${apart.toExponential(0)}; ${detectors.join(' and ')} detectors`;
}
