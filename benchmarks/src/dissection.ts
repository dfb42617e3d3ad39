import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConceptData, type Dissection, dissect, openBroden, receptiveField } from '@cnnviz/dissect';
import type { Probe } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Numbers } from './exchange.ts';
import { inTurns, type Timing, timed } from './in-turns.ts';
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
}

/** Dissection of SqueezeNet over labelled photographs, beside NetDissect's algorithm in numpy and PyTorch. */
export async function compareDissections(setting: Setting): Promise<void> {
  const { data } = setting;
  if (data === undefined) return setting.skip('dissection', 'CNNVIZ_DATA is not set');
  const broden = join(data, 'mini-broden');
  const concepts = await openBroden((path) => readFile(join(broden, path)));
  const subject = await photographSubject(setting, data, 1);
  try {
    for (const { layer, counts } of setting.quick ? QUICK : WHOLE) {
      const peer = await startPeer('netdissect');
      if ('missing' in peer) return setting.skip('dissection beside numpy and PyTorch', peer.missing);
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
  const resized = (images: tf.Tensor4D) =>
    tf.tidy(() => probe(tf.div(tf.image.resizeBilinear(images, [size, size]), 255) as tf.Tensor4D));
  let ours: Dissection | undefined;
  let peerBytes = 0;
  const runOurs = () =>
    timed(async () => {
      ours = await dissect({ probe: resized, concepts, quantile: QUANTILE, upsampling: field });
    });
  const square = { size: field.size[0], stride: field.stride[0], offset: field.offset[0] };
  const request = { count, quantile: QUANTILE, field: square, size };
  const whole = await inTurns(setting.rounds, runOurs, async () => {
    const { result: _, residentBytes, ...timing } = await peer.ask<Found>('dissect', request);
    peerBytes = residentBytes;
    return timing;
  });
  const reading = await inTurns(
    setting.rounds,
    () => timed(() => forward(concepts, resized)),
    () => peer.ask('forward', { count, size }),
  );
  const units = ours!.units.length;
  // JPEG decoders differ: for the results, the peer takes the pixels that ours saw.
  const pixels = await writePixels(subject.exported.folder, concepts);
  const { result: ofSamePixels } = await peer.ask<Found>('dissect', { ...request, pixels });
  setting.emit({
    what: `Dissection: SqueezeNet ${layer}, ${units} units, ${count} photographs`,
    backend: setting.backend,
    peer: peer.version,
    pairs: whole,
    handled: { ours: count, theirs: count, unit: 'images' },
    overFloor: whole.ours.seconds / reading.ours.seconds,
    memory: { ours: ourMemory(), theirs: peerBytes },
    equal: equality(ours!, ofSamePixels),
    aim: AIM,
  });
  const pairs = { ours: beyond(whole.ours, reading.ours), theirs: beyond(whole.theirs, reading.theirs) };
  setting.emit({
    what: `${layer}, ${count} photographs, without reading them and the network`,
    backend: setting.backend,
    peer: peer.version,
    pairs: { ...pairs, ratio: pairs.ours.seconds / pairs.theirs.seconds },
    handled: { ours: count, theirs: count, unit: 'images' },
    memory: { ours: ourMemory(), theirs: peerBytes },
    equal: 'differences of the medians',
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

/** Reads the images and sends them through the network, as many at once as a dissection does. */
async function forward(concepts: ConceptData, probe: Probe): Promise<void> {
  const batchSize = 8;
  for (let start = 0; start < concepts.count; start += batchSize) {
    const indices = Array.from({ length: Math.min(batchSize, concepts.count - start) }, (_, row) => start + row);
    const read = await Promise.all(indices.map((index) => concepts.read(index)));
    const { height, width } = read[0]!;
    const images = tf.tidy(() =>
      tf.stack(read.map(({ pixels }) => tf.tensor3d(pixels, [height, width, 3], 'float32'))),
    );
    const maps = probe(images as tf.Tensor4D);
    await maps.data();
    tf.dispose([images, maps]);
  }
}

const beyond = (whole: Timing, part: Timing): Timing => ({
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
