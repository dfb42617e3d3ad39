import {
  type ComparedDissection,
  type ConceptScenes,
  compareDissections,
  conceptHistogram,
  type Dissection,
  detectorsOverSteps,
  dissectionStatistics,
  receptiveField,
  topActivationGrid,
  trackUnits,
  transitionsChart,
  type UnitTrack,
  uniqueDetectorsChart,
  unitTracksChart,
  unitTransitions,
} from '@cnnviz/dissect';
import { type Chapter, type Figure, type PictureFigure, pngPicture } from '@cnnviz/example-support';
import type { ImageModel } from '@cnnviz/models';
import * as tf from '@tensorflow/tfjs-core';
import type { DissectedEpoch, Outcome, PhaseOutcome } from './experiment.ts';
import { layerNames } from './scene-network.ts';

type Spec = Extract<Figure, { kind: 'chart' }>['spec'];

export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;
const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The layer whose units are followed, which is the last. */
const FOLLOWED = layerNames.at(-1)!;

/** Chapters about the outcome of `runExperiment`, with its final networks, which take pixels from 0 to 255. */
export async function reportChapters(
  { phases }: Outcome,
  networks: readonly ImageModel[],
  scenes: ConceptScenes,
): Promise<Chapter[]> {
  const [learned, ...tuned] = phases;
  const { dissections } = learned!.epochs.at(-1)!;
  const chapters = [
    learningChapter(phases),
    await layersChapter({
      dissections,
      before: learned!.epochs[0]!.dissections,
      network: networks[0]!,
      scenes,
      shownUnits: 8,
    }),
    emergenceChapter(learned!),
  ];
  for (const [index, phase] of tuned.entries()) {
    chapters.push(await tuningChapter(phases[index]!, phase, networks[index + 1]!, scenes));
  }
  return chapters;
}

/** How well each task is learned, compared with what colors alone allow. */
function learningChapter(phases: readonly PhaseOutcome[]): Chapter {
  const rows = phases.map(({ task, classes, history, colorAccuracy }) => ({
    task,
    classes: classes.length,
    training: history.at(-1)!.accuracy,
    validation: history.at(-1)!.validationAccuracy!,
    colors: colorAccuracy,
  }));
  const told = rows.map(
    ({ task, validation, colors, classes }) =>
      `${task}: ${percent(validation)}, colors alone ${percent(colors)}, chance ${percent(1 / classes)}`,
  );
  return {
    id: 'learning',
    title: 'What the network was taught',
    intro: [
      'A small convolutional network saw rendered scenes, each with one label: which of six scenes it is. A street has a house and a car, a garden a house and a flower, a road a tree and a car. The network was told nothing about houses, cars or trees. Colors, materials and textures are independent of the scene.',
    ],
    facts: rows.map(({ task, validation }) => ({ label: `${task}, validation`, value: percent(validation) })),
    figures: [
      {
        kind: 'chart',
        caption:
          'Accuracy per epoch for each task, on training scenes and on scenes that the network did not learn from. Each later task starts from the weights of the one before. The dashed line shows what colors alone achieve: the best epoch of a network that sees only the color histogram of an image.',
        alt: `Validation accuracy at the end. ${told.join('; ')}.`,
        spec: accuracyChart(phases),
      },
      {
        kind: 'table',
        caption: 'Accuracy at the end of each task. Training accuracy is measured during the steps.',
        columns: ['task', 'classes', 'training', 'validation', 'colors alone', 'chance'],
        rows: rows.map(({ task, classes, training, validation, colors }) => [
          task,
          classes,
          percent(training),
          percent(validation),
          percent(colors),
          percent(1 / classes),
        ]),
      },
    ],
  };
}

function accuracyChart(phases: readonly PhaseOutcome[]): Spec {
  const y = { type: 'quantitative', title: 'accuracy', axis: { format: '%' }, scale: { domain: [0, 1] } };
  const tasks = phases.map(({ task }) => task);
  const longest = Math.max(...phases.map(({ history }) => history.length));
  return {
    data: {
      values: phases.flatMap(({ task, history, colorAccuracy }) =>
        history.flatMap(({ epoch, accuracy, validationAccuracy }) => [
          { task, epoch: epoch + 1, images: 'training', accuracy, colors: colorAccuracy },
          { task, epoch: epoch + 1, images: 'validation', accuracy: validationAccuracy!, colors: colorAccuracy },
        ]),
      ),
    },
    facet: { field: 'task', type: 'nominal', sort: tasks, title: null },
    spec: {
      width: 300,
      height: 220,
      layer: [
        {
          mark: { type: 'line', point: true },
          encoding: {
            x: { field: 'epoch', type: 'quantitative', title: 'epochs', axis: { values: wholeNumbersTo(longest) } },
            y: { field: 'accuracy', ...y },
            color: { field: 'images', type: 'nominal', title: null },
          },
        },
        {
          mark: { type: 'rule', strokeDash: [5, 4], color: 'gray' },
          encoding: { y: { field: 'colors', aggregate: 'mean', ...y } },
        },
      ],
    },
  } as unknown as Spec;
}

const wholeNumbersTo = (last: number) => Array.from({ length: last + 1 }, (_, number) => number);

interface LayersChapterOptions {
  /** Dissections of all layers, from the image on. */
  dissections: readonly Dissection[];
  /** Dissections of the same network before training. Default: not shown. */
  before?: readonly Dissection[];
  network: ImageModel;
  /** The scenes of the dissections, for pictures. */
  scenes: ConceptScenes;
  /** Number of units of the last layer shown with the scenes that drive them. */
  shownUnits: number;
}

/** What each layer detects once the network has learned. */
export async function layersChapter(options: LayersChapterOptions): Promise<Chapter> {
  const { dissections, before = [], network, scenes, shownUnits } = options;
  const compare = (some: readonly Dissection[], training: string) =>
    some.map((dissection): ComparedDissection => {
      const named = { dissection, ...(before.length > 0 && { training }) };
      if (dissection.chance === null) return named;
      return { ...named, statistics: dissectionStatistics(dissection, { resamples: 1 }) };
    });
  const comparison = compareDissections([...compare(before, 'before'), ...compare(dissections, 'after')]);
  const { layers, categoryDetectors, categories } = comparison;
  const hasChance = layers.some(({ aboveChance }) => aboveChance !== null);
  const countOf = ({ layer, training }: (typeof layers)[number], category: string) =>
    categoryDetectors.find((row) => row.layer === layer && row.training === training && row.category === category)!
      .detectors;
  const found = categories.filter((category) => layers.some((row) => countOf(row, category) > 0));
  const trained = layers.slice(-dissections.length);
  const objects = trained.map((row) => `${countOf(row, 'object')} of ${row.units} in ${row.layer}`);
  const last = dissections.at(-1)!;
  return {
    id: 'layers',
    title: 'What the units detect',
    intro: [
      `Each unit of a layer fires where it is most active: on ${percent(1 - last.quantile)} of all positions of ${last.images} scenes that the network never saw. It detects the concept whose pixels agree best with the pixels where it fires, by intersection over union (IoU), and is called a detector if that is above ${last.iouLimit}.`,
      `Units whose best concept is an object: ${objects.join(', ')}. No label ever told the network what an object is, or where.`,
    ],
    facts: trained.map((row) => ({
      label: `object detectors in ${row.layer}`,
      value: `${countOf(row, 'object')} of ${row.units}`,
    })),
    figures: [
      {
        kind: 'chart',
        caption: 'Detectors of each layer, by the category of their best concept.',
        alt: `Detectors. ${comparisonText(comparison)}.`,
        spec: uniqueDetectorsChart(comparison, { count: 'detectors' }) as unknown as Spec,
      },
      {
        kind: 'table',
        caption: `The same in numbers${found.length < categories.length ? ', without categories that have no detectors' : ''}. Unique: different concepts that are the best of some unit.${hasChance ? ' Above chance: units that fit the labels better than they fit labels of other scenes, with a false discovery rate of 5\u00a0%.' : ''}`,
        columns: ['layer', 'units', 'detectors', ...found, 'unique', ...(hasChance ? ['above chance'] : [])],
        rows: layers.map((row) => [
          before.length > 0 ? `${row.layer}, ${row.training}` : row.layer,
          row.units,
          row.detectors,
          ...found.map((category) => countOf(row, category)),
          row.uniqueBestLabels,
          ...(hasChance ? [row.aboveChance ?? ''] : []),
        ]),
      },
      {
        kind: 'chart',
        caption: `Concepts of ${last.layer}, by the number of units whose best concept they are.`,
        alt: `Units by concept in ${last.layer}. ${conceptsText(last)}.`,
        spec: conceptHistogram(compareDissections([{ dissection: last }])) as unknown as Spec,
      },
      await unitsFigure(last, bestOfEachConcept(last, shownUnits), network, scenes, 'units'),
    ],
  };
}

function comparisonText({ layers, categoryDetectors }: ReturnType<typeof compareDissections>): string {
  return layers
    .map(({ layer, training }) => {
      const found = categoryDetectors.flatMap((row) => {
        const isOfLayer = row.layer === layer && row.training === training;
        return isOfLayer && row.detectors > 0 ? [`${row.category} ${row.detectors}`] : [];
      });
      return `${layer}${training === '' ? '' : ` ${training} training`}: ${found.join(', ') || 'none'}`;
    })
    .join('; ');
}

function conceptsText(dissection: Dissection): string {
  const { conceptDetectors } = compareDissections([{ dissection }]);
  const found = conceptDetectors.filter(({ detectors }) => detectors > 0);
  return found.map(({ concept, detectors }) => `${concept} ${detectors}`).join(', ') || 'none';
}

/** The unit that fits each concept best, in order of falling IoU. */
function bestOfEachConcept({ units }: Dissection, most: number): number[] {
  const detectors = units.filter(({ isDetector }) => isDetector).sort((a, b) => b.best!.iou - a.best!.iou);
  const first = new Map(detectors.toReversed().map(({ unit, best }) => [best!.concept.number, unit]));
  return detectors
    .filter(({ unit, best }) => first.get(best!.concept.number) === unit)
    .slice(0, most)
    .map(({ unit }) => unit);
}

/** Draws the scenes that drive units most, one row per unit, with the pixels on which the unit fires outlined. */
async function unitsFigure(
  dissection: Dissection,
  shown: readonly number[],
  network: ImageModel,
  scenes: ConceptScenes,
  name: string,
): Promise<PictureFigure> {
  const { layer, units, images } = dissection;
  const perUnit = Math.max(...units.map(({ topImages }) => topImages.length));
  const top = { perUnit, images, units: units.map(({ topImages }) => topImages) };
  const rows: PictureFigure['rows'][number][] = [];
  for (const unit of shown) {
    const { best } = units[unit]!;
    const picture = await topActivationGrid(network.probe(layer), top, {
      units: [unit],
      thresholds: units.map(({ threshold }) => threshold),
      upsampling: receptiveField(network.topology, layer),
      scale: 3,
      padding: 1,
      imageOf: async (index) => {
        const { pixels, height, width } = await scenes.read(index);
        const input = tf.tensor3d(Float32Array.from(pixels), [height, width, 3]);
        return { input, picture: tf.div(input, 255) };
      },
    });
    try {
      const found =
        best === null ? 'nothing' : `${best.concept.name} (${best.concept.category}), IoU ${best.iou.toFixed(2)}`;
      rows.push({
        heading: `Unit ${unit}: ${found}`,
        cells: [
          {
            picture: await pngPicture(picture, {
              name: `${name}-${layer}-${unit}`,
              alt: `The ${counted(top.units[unit]!.length, 'scene')} that drive unit ${unit} of ${layer} most, with the pixels on which it fires outlined; it detects ${found}`,
            }),
          },
        ],
      });
    } finally {
      picture.dispose();
    }
  }
  return {
    kind: 'pictures',
    caption: `Units of ${layer} and the scenes that drive them most, strongest first. The area where a unit fires is outlined in yellow, the rest is dimmed.`,
    rows,
  };
}

const followedTracks = (epochs: readonly DissectedEpoch[], layer: string) =>
  trackUnits(
    epochs.map(({ epoch, dissections }) => ({
      step: epoch,
      dissection: dissections.find((dissection) => dissection.layer === layer)!,
    })),
  );

/** How detectors emerge during training. */
function emergenceChapter({ epochs }: PhaseOutcome): Chapter {
  const tracks = layerNames.map((layer) => followedTracks(epochs, layer));
  const followed = tracks.at(-1)!;
  const [before, after] = [followed.steps[0]!, followed.steps.at(-1)!];
  const objects = followed.categories.indexOf('object');
  const random = epochs[0]!.dissections.flatMap(({ units }) => units);
  const found = random.filter(({ isDetector }) => isDetector);
  const colors = found.filter(({ best }) => best!.concept.category === 'color');
  const told = tracks.map(({ layer, steps }) => {
    const counts = steps.map(({ step, uniqueBestLabels }) => `${uniqueBestLabels} after ${step}`);
    return `${layer}: ${counts.join(', ')}`;
  });
  return {
    id: 'emergence',
    title: 'How detectors emerge',
    intro: [
      `The network was dissected in the same way after some of its epochs. In ${FOLLOWED}, ${counted(before.detectorsByCategory[objects]!, 'unit')} detected an object before training, and ${after.detectorsByCategory[objects]} do at its end.`,
      `An IoU above the limit is no proof of learning. With random weights, ${found.length} of the ${random.length} units of all layers were already detectors, ${colors.length} of them of a color, since any sum of channels is larger in one color than in others. Compare which concepts are found, not how many units find one.`,
    ],
    facts: [
      { label: `unique detectors of ${FOLLOWED} before`, value: String(before.uniqueBestLabels) },
      { label: 'after', value: String(after.uniqueBestLabels) },
      { label: 'object detectors before', value: String(before.detectorsByCategory[objects]) },
      { label: 'after', value: String(after.detectorsByCategory[objects]) },
    ],
    figures: [
      {
        kind: 'chart',
        caption: 'Different concepts that are the best of some unit, by layer, over the epochs.',
        alt: `Unique detectors over the epochs. ${told.join('; ')}.`,
        spec: {
          data: {
            values: tracks.flatMap(({ layer, steps }) =>
              steps.map(({ step, uniqueBestLabels }) => ({ layer, step, uniqueBestLabels })),
            ),
          },
          width: 480,
          height: 240,
          mark: { type: 'line', point: true },
          encoding: {
            x: { field: 'step', type: 'quantitative', title: 'epochs', axis: { values: wholeNumbersTo(after.step) } },
            y: { field: 'uniqueBestLabels', type: 'quantitative', title: 'unique detectors' },
            color: { field: 'layer', type: 'nominal' },
          },
        },
      },
      {
        kind: 'chart',
        caption: `Detectors of ${FOLLOWED} by category over the epochs; the dashed line counts different concepts.`,
        alt: `Detectors of ${FOLLOWED}. ${stepsText(followed)}.`,
        spec: detectorsOverSteps(followed) as unknown as Spec,
      },
      tracksFigure(followed),
    ],
  };
}

function stepsText({ steps, categories }: ReturnType<typeof trackUnits>): string {
  return steps
    .map(({ step, detectorsByCategory }) => {
      const found = categories.flatMap((category, index) => {
        const count = detectorsByCategory[index]!;
        return count === 0 ? [] : [`${category} ${count}`];
      });
      return `after ${counted(step, 'epoch')}: ${found.join(', ') || 'none'}`;
    })
    .join('; ');
}

function tracksFigure(tracks: ReturnType<typeof trackUnits>): Figure {
  const settled = tracks.units.filter(({ settledAt }) => settledAt !== null);
  return {
    kind: 'chart',
    caption: `What each unit of ${tracks.layer} detects after each epoch, one row per unit. Blank: no detector.`,
    alt: `${counted(settled.length, 'unit')} of ${tracks.units.length} detect something at the end. ${stepsText(tracks)}.`,
    spec: unitTracksChart(tracks) as unknown as Spec,
  };
}

/** What units turn into when the network learns another task. */
async function tuningChapter(
  before: PhaseOutcome,
  after: PhaseOutcome,
  network: ImageModel,
  scenes: ConceptScenes,
): Promise<Chapter> {
  const tracks = followedTracks(after.epochs, FOLLOWED);
  const transitions = unitTransitions(tracks, { by: 'category' });
  const changed = tracks.units.filter(({ history, last }) => isOther(history[0]!.concept, last));
  const turned = changed.filter(({ history, last }) => history[0]!.concept !== null && last !== null);
  const strength = ({ history }: UnitTrack) => Math.min(history[0]!.iou, history.at(-1)!.iou);
  const shown = turned.sort((a, b) => strength(b) - strength(a)).slice(0, 4);
  const ofEpoch = (epoch: DissectedEpoch) => epoch.dissections.find(({ layer }) => layer === FOLLOWED)!;
  const nameOf = (track: UnitTrack, which: 0 | -1) => track.history.at(which)!.concept?.name ?? 'none';
  const told = transitions
    .map(({ from, to, units }) => `${units} from ${from ?? 'none'} to ${to ?? 'none'}`)
    .join(', ');
  return {
    id: `tuning-${after.task}`,
    title: 'What the units turn into',
    intro: [
      `The network that had learned to tell ${before.task}s apart was then trained to tell ${after.task}s apart, with all weights free to change. At the end, ${changed.length} of ${tracks.units.length} units of ${FOLLOWED} detect another concept, no concept any more, or a concept for the first time.`,
    ],
    facts: [
      { label: 'units that changed', value: `${changed.length} of ${tracks.units.length}` },
      { label: 'from one concept to another', value: String(turned.length) },
    ],
    figures: [
      {
        kind: 'chart',
        caption: `Detectors of ${FOLLOWED} by category while the network learns ${after.task}s. Epoch 0 is the network that knows ${before.task}s.`,
        alt: `Detectors of ${FOLLOWED}. ${stepsText(tracks)}.`,
        spec: detectorsOverSteps(tracks) as unknown as Spec,
      },
      {
        kind: 'chart',
        caption: `What the units of ${FOLLOWED} were, and what they became.`,
        alt: `Units by category before and after: ${told}.`,
        spec: transitionsChart(transitions) as unknown as Spec,
      },
      tracksFigure(tracks),
      {
        kind: 'table',
        caption: 'Units that changed from one concept to another, those with the best fit to both first.',
        columns: ['unit', 'was', 'IoU', 'became', 'IoU '],
        rows: turned.map((track) => [
          track.unit,
          nameOf(track, 0),
          track.history[0]!.iou.toFixed(3),
          nameOf(track, -1),
          track.history.at(-1)!.iou.toFixed(3),
        ]),
      },
      await unitsFigure(
        ofEpoch(after.epochs.at(-1)!),
        shown.map(({ unit }) => unit),
        network,
        scenes,
        after.task,
      ),
    ],
  };
}

function isOther(a: UnitTrack['first'], b: UnitTrack['first']): boolean {
  return a?.name !== b?.name || a?.category !== b?.category;
}
