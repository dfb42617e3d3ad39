import {
  type AnyLayersProbe,
  activationGrid,
  compareDissections,
  conceptHistogram,
  type Dissection,
  dissectionReport,
  dissectLayers,
  receptiveField,
  topActivationGrid,
  topActivations,
} from '@cnnviz/dissect';
import { type Chapter, type Figure, pngPicture } from '@cnnviz/example-support';
import { batchesOf } from '@cnnviz/internal';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Subject } from './subject.ts';

/** The layers that are dissected; units of the last are shown. */
const layers = ['conv3', 'conv4'] as const;
const shownLayer = 'conv4';
const SHOWN_UNITS = 4;
const PER_UNIT = 5;

/**
 * The share of activations below a unit's threshold: that of examples/dissect-training, for scenes whose concepts fill more
 * of an image than those of photographs.
 */
const quantile = 0.98;

/** Dissects the two last layers, in onnxruntime or in TensorFlow.js. Progress is from 0 to 1. */
export function dissectScenes(
  { layers: network, scenes }: Subject,
  probe: AnyLayersProbe,
  update: (share: number) => void = () => {},
): Promise<Dissection[]> {
  return dissectLayers({
    probe,
    concepts: scenes,
    upsampling: Object.fromEntries(layers.map((layer) => [layer, receptiveField(network.topology, layer)])),
    quantile,
    batchSize: 50,
    topImages: PER_UNIT,
    onProgress: ({ done, total }) => update(done / total),
  });
}

/** What the hidden outputs of the ONNX file see, and the page that lists all their units. */
export async function unitsChapter(
  subject: Subject,
  { update }: { update: (share: number) => void },
): Promise<{ chapter: Chapter; page: string }> {
  const dissections = await dissectScenes(subject, subject.onnx.probes(layers), update);
  const comparison = compareDissections(dissections.map((dissection) => ({ dissection })));
  const detectors = comparison.layers.map(({ layer, detectors }) => `${detectors} in ${layer}`).join(', ');
  const chapter: Chapter = {
    id: 'units',
    title: 'What its hidden units detect',
    intro: [
      'The hidden outputs of the file are probes: topActivations and topActivationGrid find and show the scenes that drive a unit most, activationGrid what a layer makes of one scene, dissectLayers which concepts the units detect. The file units.html beside this page lists every unit.',
    ],
    facts: [{ label: 'detectors', value: detectors }],
    figures: [
      ...(await pictures(subject, dissections.find(({ layer }) => layer === shownLayer)!)),
      {
        kind: 'chart',
        caption: 'Which concepts each layer detects, and with how many units.',
        alt: `Detectors by concept: ${detectors}.`,
        spec: conceptHistogram(comparison) as unknown as Extract<Figure, { kind: 'chart' }>['spec'],
      },
    ],
  };
  const page = await dissectionReport(
    dissections.map((dissection) => ({ dissection })),
    { title: 'Units of an ONNX file', concepts: subject.scenes },
  );
  return { chapter, page };
}

async function pictures({ onnx, layers: network, images }: Subject, dissection: Dissection): Promise<Figure[]> {
  const probe = onnx.probe(shownLayer);
  const best = bestOfConcepts(dissection).slice(0, SHOWN_UNITS);
  const top = await topActivations(probe, only(images, 50), { perUnit: PER_UNIT });
  const grid = await topActivationGrid(probe, top, {
    imageOf: (index) => shownImage(images, index),
    upsampling: receptiveField(network.topology, shownLayer),
    units: best.map(({ unit }) => unit),
    thresholds: dissection.units.map(({ threshold }) => threshold),
    padding: 4,
    scale: 3,
  });
  const scene = shownImage(images, 0);
  const maps = await activationGrid(onnx.probe('conv1'), scene.input, { normalization: 'each', scale: 3, columns: 8 });
  const names = best.map(({ unit, best }) => `unit ${unit} on ${best!.concept.name}`).join(', ');
  const figures: Figure[] = [
    {
      kind: 'pictures',
      caption: `Rows of the scenes that drive a unit of ${shownLayer} most, outlined where it fires.`,
      rows: [
        {
          cells: [
            {
              picture: await pngPicture(grid, { name: 'top-scenes', alt: `Scenes that drive units most: ${names}.` }),
              label: 'from above',
              note: best
                .map(({ unit, best }) => `unit ${unit}: ${best!.concept.name}, IoU ${best!.iou.toFixed(2)}`)
                .join('; '),
            },
          ],
        },
      ],
    },
    {
      kind: 'pictures',
      caption: 'A scene, and what the 16 units of conv1 make of it, each from its least to its largest activation.',
      rows: [
        {
          cells: [
            {
              picture: await pngPicture(scene.picture, { name: 'scene', alt: 'A rendered scene.', factor: 4 }),
              label: 'scene',
            },
            {
              picture: await pngPicture(maps, { name: 'conv1', alt: 'Sixteen gray maps of the same scene.' }),
              label: 'conv1',
            },
          ],
        },
      ],
    },
  ];
  tf.dispose([grid, maps, scene]);
  return figures;
}

/** Of each concept that is detected the unit that does it best, the best of them first. */
function bestOfConcepts({ units }: Dissection): Dissection['units'] {
  const detectors = units.filter(({ isDetector }) => isDetector).toSorted((a, b) => b.best!.iou - a.best!.iou);
  const names = detectors.map(({ best }) => best!.concept.name);
  return detectors.filter((_, place) => names.indexOf(names[place]!) === place);
}

/** One scene as the probe takes it and as people see it. */
function shownImage(images: Subject['images'], index: number): { input: Tensor3D; picture: Tensor3D } {
  return tf.tidy(() => {
    const input = tf.squeeze<Tensor3D>(tf.slice(images, index, 1), [0]);
    return { input, picture: tf.div<Tensor3D>(input, 255) };
  });
}

/** Batches of images alone. */
function* only(images: Subject['images'], size: number) {
  for (const batch of batchesOf({ images }, size)) yield batch.images;
}
