import { checker, isPromise, reportProgress, restoring, throwIfAborted } from '@cnnviz/internal';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { kindOf } from '../tallies/chance-tally.ts';
import { exchangeGroups } from '../tallies/exchange-groups.ts';
import { type CountedLayer, compareMasks, countedLayers } from './compare-masks.ts';
import type { DissectedLayer } from './dissected-layer.ts';
import type { Dissection } from './dissection.ts';
import {
  type AnyLayersProbe,
  type DissectLayersOptions,
  type DissectOptions,
  type Run,
  resolveOptions,
} from './dissection-options.ts';
import type { DissectionPhase } from './dissection-state.ts';
import { findThresholds } from './find-thresholds.ts';
import { batchesOf, indicesFrom } from './image-batches.ts';
import { KeptMaps } from './kept-maps.ts';
import type { ProbedImage } from './layer-activations.ts';
import { dissectionState, restoreLayers } from './resume-dissection.ts';

/**
 * Finds which human concept each unit of a layer detects: network dissection.
 *
 * A unit fires where its activation, upsampled to the size of the labels, exceeds a threshold that only 0.5 % of its
 * activations exceed. The unit detects the concept whose pixels agree best with the pixels where it fires, by intersection
 * over union over the data set.
 *
 * Images go through the network once as long as the activations that may exceed their thresholds fit into
 * `activationMemory`. On most images the maps of most units cannot; they are dropped as the thresholds become known.
 *
 * @returns Plain data.
 * @throws RangeError if an option is outside its range, or an image is labeled with a number that is no concept; names the
 *   image.
 * @throws TypeError if an option is of another kind, or the probe does not return activations.
 * @throws Error if an activation is not finite, or the size of the maps changes between images; names the image. Also if
 *   `resume` was saved with other options or data.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection: Quantifying Interpretability of Deep Visual
 *   Representations", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissect } from '@cnnviz/dissect';
 *
 * const { units } = await dissect({
 *   probe: (images) => images, // the three units red, green and blue
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: 'half-pixel',
 * });
 * units[0]?.best?.concept.name;
 */
export async function dissect(options: DissectOptions): Promise<Dissection> {
  const check = checker('@cnnviz/dissect', 'dissect');
  const { probe, upsampling, layer = 'layer', ...rest } = check.options(options);
  check.callable('probe', probe);
  if (typeof layer !== 'string' || layer === '') check.fail('type', 'layer', 'a name', layer);
  const named: AnyLayersProbe = (images: Tensor4D) => {
    const maps = probe(images);
    return isPromise(maps) ? maps.then((late) => ({ [layer]: late })) : { [layer]: maps };
  };
  const given = {
    ...rest,
    probe: Object.assign(named, probe.batchSize === undefined ? {} : { batchSize: probe.batchSize }),
    upsampling: { [layer]: upsampling },
  };
  const [dissection] = await dissectRun({ check, options: resolveOptions(check, given, true) }, given);
  return dissection!;
}

/**
 * Dissects several layers in one pass over the images.
 *
 * @param options Those of `dissect`, with activations and upsampling by layer name.
 * @returns One dissection per layer, in the order of `upsampling`. Plain data.
 * @throws As `dissect` does.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissectLayers } from '@cnnviz/dissect';
 *
 * const dissections = await dissectLayers({
 *   probe: (images) => ({ pixels: images, halves: tf.avgPool(images, 2, 2, 'valid') }),
 *   concepts: conceptScenes({ seed: 0, count: 4, size: 32 }),
 *   upsampling: { pixels: 'half-pixel', halves: 'half-pixel' },
 * });
 * dissections.map(({ layer }) => layer); // ['pixels', 'halves']
 */
export async function dissectLayers(options: DissectLayersOptions): Promise<Dissection[]> {
  const check = checker('@cnnviz/dissect', 'dissectLayers');
  return dissectRun({ check, options: resolveOptions(check, options) }, options);
}

/** Callbacks, signal and state; everything else of `given` is in the run's own options. */
type Given = Pick<DissectLayersOptions, 'onActivations' | 'onMasks' | 'resume' | 'signal' | 'onProgress'>;

async function dissectRun(run: Run, given: Given): Promise<Dissection[]> {
  const { check, options } = run;
  const { count } = options.concepts;
  const { resume } = given;
  const restored = resume === undefined ? null : restoring(check, 'resume', () => restoreLayers(run, resume, 'resume'));
  const begun = resume?.phase === 'masks';
  const kinds = [...(resume?.kinds ?? [])];
  const kept = new KeptMaps(options.activationMemory);
  throwIfAborted(given);
  const report = reporter(run, kinds, given);

  const layers = await findThresholds(run, {
    images: [begun ? count : (resume?.images ?? 0), count],
    layers: restored,
    onImage: async (probed, layers) => {
      await showActivations(layers, probed, given);
      if (options.chance !== null) kinds.push(kindOf(options.slots.of(probed.image)));
      kept.keep(probed, layers);
    },
    onBatch: (end, layers) => report('thresholds', end, layers),
  });

  const counted = countedLayers(run, layers);
  let done = begun ? resume.images : 0;
  await compareMasks(run, counted, {
    groups: groupsFrom(run, done, kinds),
    kept,
    signal: given.signal,
    onMasks: given.onMasks,
    onGroup: (group) => {
      done += group.length;
      return report('masks', done, counted);
    },
  });
  return counted.map((layer) => dissectionOf(run, layer));
}

/** Reports how many images of a phase are done, each image being processed in both. */
function reporter(run: Run, kinds: readonly string[], work: Given) {
  const { count } = run.options.concepts;
  return (phase: DissectionPhase, images: number, layers: readonly DissectedLayer[]) =>
    reportProgress(work, {
      done: phase === 'masks' ? count + images : images,
      total: 2 * count,
      phase,
      images,
      state: () => dissectionState(run, { phase, images, kinds, layers }),
    });
}

async function showActivations(
  layers: readonly DissectedLayer[],
  { index: image, image: labeled, maps }: ProbedImage,
  { onActivations }: Given,
): Promise<void> {
  if (onActivations === undefined) return;
  for (const [index, { name: layer }] of layers.entries()) {
    const { activations, height, width, units } = maps[index]!;
    const copies = { concepts: structuredClone(labeled), activations: activations.slice() };
    await onActivations({ layer, image, ...copies, height, width, units });
  }
}

/** The images whose masks are not compared yet. Those that exchange labels form one group, else a batch does. */
function groupsFrom({ options }: Run, done: number, kinds: readonly string[]): number[][] {
  const { chance, concepts, batchSize } = options;
  if (chance === null) return batchesOf(indicesFrom(done, concepts.count), batchSize);
  let before = 0;
  return exchangeGroups(kinds, chance.seed).filter(({ length }) => {
    before += length;
    return before > done;
  });
}

function dissectionOf({ options }: Run, { name, mapSize, found, topImages, tally, chance }: CountedLayer): Dissection {
  const { concepts, quantile, iouLimit, repeatedLabels, slots } = options;
  const tops = topImages?.result();
  return {
    layer: name,
    images: concepts.count,
    quantile,
    rankError: found.rankError,
    iouLimit,
    repeatedLabels,
    mapSize,
    labelSize: concepts.labelSize,
    concepts: slots.concepts.map((concept) => ({ ...concept })),
    categories: [...concepts.categories],
    units: tally.result({ iouLimit }).map((unit) => ({
      ...unit,
      threshold: found.thresholds[unit.unit]!,
      topImages: tops?.[unit.unit] ?? [],
    })),
    imageCounts: tally.imageCounts,
    chance: chance && {
      permutations: chance.options.permutations,
      seed: chance.options.seed,
      ious: chance.result(tally),
    },
  };
}
