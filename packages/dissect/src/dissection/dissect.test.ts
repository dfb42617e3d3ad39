import { createRandom, type Probe } from '@cnnviz/internal';
import { answerLater, startBackend } from '@cnnviz/testing';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { numpyQuantile, obviousDissection } from '../../test-support/obvious-dissection.ts';
import type { ConceptData, ConceptImage } from '../data/concepts.ts';
import type { RepeatedLabels } from '../data/label-slots.ts';
import { type ReceptiveField, receptiveField } from '../receptive-field/receptive-field.ts';
import { maskOfRuns } from '../tallies/mask-runs.ts';
import { topActivations } from '../tallies/top-activations.ts';
import { dissect, dissectLayers } from './dissect.ts';
import type { Dissection } from './dissection.ts';
import type { DissectOptions } from './dissection-options.ts';
import type { DissectionState } from './dissection-state.ts';

beforeAll(() => startBackend('cpu'));

const size = [12, 10] as const;
const labelSize = [6, 5] as const;

const concepts = [3, 4, 9, 20, 21].map((number) => ({ number, name: `c${number}`, category: number < 9 ? 'a' : 'b' }));

/** Images of noise with maps of noise: several maps of a category, labels of whole images, images without any. */
function noise(seed: number, count: number): ConceptData {
  const random = createRandom(seed);
  const concepts = [3, 4, 9, 20, 21].map((number) => ({
    number,
    name: `c${number}`,
    category: number < 9 ? 'a' : 'b',
  }));
  const numbers = [0, 0, ...concepts.map(({ number }) => number)];
  const images = Array.from({ length: count }, (_, index): ConceptImage => {
    const labels = () => Uint16Array.from({ length: 30 }, () => numbers[random.integer(numbers.length)]!);
    return {
      name: `noise ${index}`,
      pixels: Uint8Array.from({ length: 360 }, () => random.integer(256)),
      height: 12,
      width: 10,
      maps: Array.from({ length: random.integer(3) }, () => ({ category: 'a', labels: labels() })),
      imageLabels: random.integer(2) === 0 ? [{ category: 'b', label: 20 + random.integer(2) }] : [],
    };
  });
  return {
    concepts,
    categories: ['a', 'b'],
    imageSize: size,
    labelSize,
    count,
    read: async (index) => structuredClone(images[index]!),
  };
}

/** A convolution of fixed noise, stride 2, rectified: 12 x 10 pixels to 6 x 5 positions of 4 units. */
const convolution: Probe = (images) =>
  tf.tidy((): Tensor4D => {
    const weights = createRandom(2).fillNormal(new Float32Array(3 * 3 * 3 * 4));
    return tf.relu(
      tf.conv2d(tf.div(images, 255) as Tensor4D, tf.tensor4d(weights, [3, 3, 3, 4]), 2, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
    );
  });
const field = receptiveField([{ size: 3, stride: 2, padding: 1 }], { inputSize: size });

/** A coarser one: 3 x 3 positions, each seeing 4 pixels, 4 apart. */
const pooled: Probe = (images) => tf.tidy(() => tf.avgPool(tf.div(images, 255) as Tensor4D, 4, 4, 'same'));
const pooledField: ReceptiveField = { size: [4, 4], stride: [4, 4], offset: [0, -1], inputSize: size };

/** NetDissect's centers: ((size // 2) + offset) // reduction, one stride // reduction after the other. */
const centersOf = ({ size, stride, offset }: ReceptiveField, positions: readonly [number, number]) =>
  ([0, 1] as const).map((axis) => {
    const first = Math.floor((Math.floor(size[axis] / 2) + offset[axis]) / 2);
    return Array.from({ length: positions[axis] }, (_, index) => first + index * (stride[axis] / 2));
  }) as [number[], number[]];

async function obvious(
  data: ConceptData,
  probe: Probe,
  field: ReceptiveField,
  quantile: number,
  repeatedLabels: RepeatedLabels = 'once',
) {
  const images = await Promise.all(Array.from({ length: data.count }, (_, index) => data.read(index)));
  const maps: number[][][][] = [];
  for (const { pixels } of images) {
    const map = tf.tidy(() => tf.squeeze(probe(tf.tensor4d(Float32Array.from(pixels), [1, ...size, 3])), [0]));
    maps.push((await map.array()) as number[][][]);
    tf.dispose(map);
  }
  const centers = centersOf(field, [maps[0]!.length, maps[0]![0]!.length]);
  return obviousDissection({ maps, images, concepts: data.concepts, labelSize, centers, quantile, repeatedLabels });
}

function expectSameCounts({ units, imageCounts }: Dissection, reference: Awaited<ReturnType<typeof obvious>>) {
  expect(units.map(({ threshold }) => threshold)).toEqual(reference.thresholds);
  for (const { unit, byCategory } of units) {
    const references = concepts.map(({ number, category }) => {
      const counts = reference.match(unit, number);
      const { truth, activation, intersection } = counts;
      const row = imageCounts.flatMap((image) => {
        const [at, label] = [image.units.indexOf(unit), image.labels.indexOf(number)];
        return at === -1 || label === -1 ? [] : [image.intersection[at * image.labels.length + label]!];
      });
      expect(row.reduce((sum, pixels) => sum + pixels, 0)).toBe(intersection);
      return {
        number,
        category,
        counts,
        iou: intersection === 0 ? 0 : intersection / (truth + activation - intersection),
      };
    });
    for (const category of ['a', 'b']) {
      const ofCategory = references.filter((each) => each.category === category);
      const best = ofCategory.reduce((best, each) => (each.iou > best.iou ? each : best));
      const found = byCategory.find(({ concept }) => concept.category === category);
      if (best.iou === 0) {
        expect(found).toBeUndefined();
        continue;
      }
      const { concept, iou, ...counts } = found!;
      expect([concept.number, counts]).toEqual([best.number, best.counts]);
      expect(iou).toBeCloseTo(best.iou, 12);
    }
  }
}

const layers = [
  ['a convolution', convolution, field],
  ['a pooling', pooled, pooledField],
] as const;

describe('dissect', () => {
  it('finds the same when its callbacks write into what they are given', async () => {
    const options = { probe: convolution, concepts: noise(5, 6), upsampling: field, quantile: 0.8, topImages: 2 };
    const all = { ...options, keepImages: true, chance: { permutations: 3 } };
    const whole = await dissect(all);
    const states: DissectionState[] = [];
    const spoilt = await dissect({
      ...all,
      onActivations: ({ activations, concepts }) => {
        activations.fill(-1);
        concepts.pixels.fill(0);
        for (const { labels } of concepts.maps) labels.fill(0);
        concepts.imageLabels.length = 0;
      },
      onMasks: ({ masks, concepts }) => {
        masks.pixels.fill(0);
        masks.starts.fill(0);
        for (const { labels } of concepts.maps) labels.fill(0);
        concepts.imageLabels.length = 0;
      },
      onProgress: ({ state }) => {
        states.push(state());
        const spoilt = state();
        spoilt.kinds.fill('');
        spoilt.options.topImages = 7;
        for (const layer of spoilt.layers) layer.mapSize[0] = 9;
      },
    });
    expect(spoilt).toEqual(whole);
    expect(await dissect({ ...all, resume: states[1]! })).toEqual(whole);
  });

  it.each(layers)('gives the counts of the obvious way: %s', async (_, probe, upsampling) => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0.995, 0.9, 0.5),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0, 700, 1e6),
        fc.constantFrom<RepeatedLabels>('once', 'netdissect'),
        async (seed, count, quantile, batchSize, activationMemory, repeatedLabels) => {
          const concepts = noise(seed, count);
          const memory = { batchSize, activationMemory, keepImages: true };
          const options = { probe, concepts, upsampling, quantile, repeatedLabels, ...memory };
          const reference = await obvious(concepts, probe, upsampling, quantile, repeatedLabels);
          expectSameCounts(await dissect(options), reference);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('has units that fire in that comparison', async () => {
    const reference = await obvious(noise(0, 9), pooled, pooledField, 0.9);
    expect(reference.firing).toBeGreaterThan(20);
  });

  // Three units that are the brightness of red, green and blue on images that are red to the left of a column, and one
  // concept that covers the columns from another one on: all in closed form.
  it('gives constructed detectors their IoU in closed form', async () => {
    const [side, count] = [20, 10];
    const red = { number: 1, name: 'red', category: 'color' };
    const left = { number: 2, name: 'left', category: 'place' };
    const data: ConceptData = {
      concepts: [red, left],
      categories: ['color', 'place'],
      imageSize: [side, side],
      labelSize: [side, side],
      count,
      // Image i is red in its first i columns; the 5 first columns are left.
      read: async (index) => {
        const column = (pixel: number) => pixel % side;
        const labels = (rule: (pixel: number) => number) =>
          Uint16Array.from({ length: side * side }, (_, pixel) => rule(pixel));
        return {
          name: `${index}`,
          pixels: Uint8Array.from({ length: side * side * 3 }, (_, i) =>
            i % 3 === 0 && column(Math.floor(i / 3)) < index ? 255 : 0,
          ),
          height: side,
          width: side,
          maps: [
            { category: 'color', labels: labels((pixel) => (column(pixel) < index ? 1 : 0)) },
            { category: 'place', labels: labels((pixel) => (column(pixel) < 5 ? 2 : 0)) },
          ],
          imageLabels: [],
        };
      },
    };
    // Red pixels are 45 of 200 columns: a threshold at that share is below them.
    const { units } = await dissect({
      probe: (images) => images,
      concepts: data,
      upsampling: receptiveField([]),
      quantile: 0.7,
    });
    const [first, second] = units;
    expect(first!.threshold).toBe(0);
    // 0 + 1 + ... + 9 columns of 20 pixels.
    expect(first!.best).toEqual({ concept: red, truth: 900, activation: 900, intersection: 900, iou: 1 });
    // min(i, 5) columns are both, 5 columns of 10 images are left.
    const both = 20 * (0 + 1 + 2 + 3 + 4 + 5 * 5);
    expect(first!.byCategory[1]).toEqual({
      concept: left,
      truth: 1000,
      activation: 900,
      intersection: both,
      iou: both / (1900 - both),
    });
    expect(second!.best).toBeNull();
    expect(second!.threshold).toBe(0);
  });

  it('takes no unit for firing where its activation only equals the threshold', async () => {
    const concepts = noise(1, 3);
    const { units } = await dissect({ probe: (images) => tf.onesLike(images), concepts, upsampling: 'half-pixel' });
    for (const { threshold, best } of units) {
      expect(threshold).toBe(1);
      expect(best).toBeNull();
    }
  });

  it('is the same for every batch size and for every amount of memory', async () => {
    const concepts = noise(5, 7);
    const options = { probe: convolution, concepts, upsampling: field, quantile: 0.9, keepImages: true };
    const whole = await dissect(options);
    for (const [batchSize, activationMemory] of [
      [1, 0],
      [2, 600],
      [3, 1500],
      [7, 1e6],
    ] as const) {
      expect(await dissect({ ...options, batchSize, activationMemory })).toEqual(whole);
    }
  });

  it('asks the network once where activations fit, and again only for those that do not', async () => {
    const concepts = noise(5, 8);
    const calls = async (activationMemory: number) => {
      let images = 0;
      const probe: Probe = (batch) => {
        images += batch.shape[0];
        return convolution(batch);
      };
      await dissect({ probe, concepts, upsampling: field, quantile: 0.9, activationMemory });
      return images;
    };
    expect(await calls(1e6)).toBe(8);
    expect(await calls(0)).toBe(16);
    expect(await calls(1600)).toBeGreaterThan(8);
    expect(await calls(1600)).toBeLessThan(16);
  });

  it('dissects several layers in one pass as each alone', async () => {
    const concepts = noise(6, 5);
    const probe = (images: Tensor4D) => ({ pooled: pooled(images), conv: convolution(images) });
    const both = await dissectLayers({
      probe,
      concepts,
      upsampling: { conv: field, pooled: pooledField },
      quantile: 0.9,
    });
    expect(both.map(({ layer }) => layer)).toEqual(['conv', 'pooled']);
    const alone = [
      await dissect({ probe: convolution, concepts, upsampling: field, quantile: 0.9 }),
      await dissect({ probe: pooled, concepts, upsampling: pooledField, quantile: 0.9 }),
    ];
    expect(both).toEqual(alone.map((each, index) => ({ ...each, layer: both[index]!.layer })));
  });

  it.each([0, 1e6])('finds the top images that topActivations finds, with %i bytes for activations', async (memory) => {
    const concepts = noise(12, 9);
    const images = await Promise.all(Array.from({ length: 9 }, (_, index) => concepts.read(index)));
    const batch = tf.tensor4d(
      images.flatMap(({ pixels }) => [...pixels]),
      [9, ...size, 3],
    );
    const top = await topActivations(convolution, [batch], { perUnit: 4 });
    tf.dispose(batch);
    const inside = new Map<string, number[]>();
    const { units } = await dissect({
      probe: convolution,
      concepts,
      upsampling: field,
      quantile: 0.9,
      batchSize: 2,
      activationMemory: memory,
      topImages: 4,
      onMasks: ({ image, masks: { starts, pixels } }) => {
        for (let unit = 0; unit < 4; unit++) {
          inside.set(`${unit} on ${image}`, [...pixels.subarray(starts[unit]!, starts[unit + 1]!)]);
        }
      },
    });
    let firing = 0;
    for (const { unit, topImages } of units) {
      expect(topImages.map(({ mask, ...record }) => record)).toEqual(top.units[unit]);
      for (const { image, mask } of topImages) {
        const pixels = Array.from(maskOfRuns(mask).entries()).flatMap(([pixel, is]) => (is === 1 ? [pixel] : []));
        expect(pixels).toEqual(inside.get(`${unit} on ${image}`)!.sort((a, b) => a - b));
        firing += pixels.length;
      }
    }
    expect(firing).toBeGreaterThan(20);
  });

  it('keeps no top images where none are asked for', async () => {
    const { units } = await dissect({ probe: convolution, concepts: noise(12, 2), upsampling: field });
    expect(units.flatMap(({ topImages }) => topImages)).toEqual([]);
  });

  it('resumes from wherever it was interrupted', async () => {
    const options = {
      probe: convolution,
      concepts: noise(8, 5),
      upsampling: field,
      quantile: 0.9,
      batchSize: 2,
      keepImages: true,
      topImages: 2,
    };
    const states: DissectionState[] = [];
    const reported: number[][] = [];
    const whole = await dissect({
      ...options,
      onProgress: ({ done, total, state }) => {
        reported.push([done, total]);
        states.push(structuredClone(state()));
      },
    });
    expect(reported).toEqual([
      [2, 10],
      [4, 10],
      [5, 10],
      [7, 10],
      [9, 10],
      [10, 10],
    ]);
    expect(states.map(({ phase, images }) => [phase, images])).toEqual([
      ['thresholds', 2],
      ['thresholds', 4],
      ['thresholds', 5],
      ['masks', 2],
      ['masks', 4],
      ['masks', 5],
    ]);
    for (const state of states) {
      const plain = JSON.parse(JSON.stringify(state)) as DissectionState;
      expect(plain).toEqual(state);
      expect(await dissect({ ...options, resume: plain })).toEqual(whole);
    }
  });

  it('resumes after a probe that answers later has failed', async () => {
    const options = { concepts: noise(8, 5), upsampling: field, quantile: 0.9, batchSize: 2, activationMemory: 0 };
    const whole = await dissect({ ...options, probe: convolution });
    for (const failsAt of [2, 3, 5]) {
      let saved: DissectionState | undefined;
      const down = dissect({
        ...options,
        probe: answerLater(convolution, { failsAt }),
        onProgress: ({ state }) => {
          saved = structuredClone(state());
        },
      });
      await expect(down).rejects.toThrow(`no answer to call ${failsAt}`);
      expect(await dissect({ ...options, probe: answerLater(convolution), resume: saved! })).toEqual(whole);
    }
  });

  it('rejects with the reason of the signal, and leaves a state to resume from', async () => {
    const options = {
      probe: convolution,
      concepts: noise(8, 5),
      upsampling: field,
      quantile: 0.9,
      batchSize: 1,
      topImages: 3,
    };
    for (const abortAt of [1, 3, 5, 7, 9]) {
      const controller = new AbortController();
      let steps = 0;
      let saved: DissectionState | undefined;
      const run = dissect({
        ...options,
        signal: controller.signal,
        onProgress: ({ state }) => {
          saved = structuredClone(state());
          if (++steps === abortAt) controller.abort(new Error('enough'));
        },
      });
      await expect(run).rejects.toThrow('enough');
      expect(await dissect({ ...options, resume: saved! })).toEqual(await dissect(options));
    }
  });

  it('shows activations and masks as they come', async () => {
    const concepts = noise(9, 3);
    const seen: string[] = [];
    let masked = 0;
    const { units } = await dissect({
      probe: convolution,
      concepts,
      upsampling: field,
      quantile: 0.9,
      onActivations: ({ image, activations, height, width, units, concepts }) => {
        expect(activations.length).toBe(height * width * units);
        seen.push(`${image} ${concepts.name} ${units}`);
      },
      onMasks: ({ masks }) => {
        masked += masks.pixels.length;
      },
    });
    expect(seen).toEqual(['0 noise 0 4', '1 noise 1 4', '2 noise 2 4']);
    expect(units.length).toBe(4);
    expect(masked).toBe((await obvious(concepts, convolution, field, 0.9)).firing);
  });

  it('reads labels alone where that is possible', async () => {
    const data = noise(10, 4);
    let [images, labels] = [0, 0];
    const concepts: ConceptData = {
      ...data,
      read: (index) => {
        images++;
        return data.read(index);
      },
      readLabels: (index) => {
        labels++;
        return data.read(index);
      },
    };
    const dissection = await dissect({ probe: convolution, concepts, upsampling: field });
    expect([images, labels]).toEqual([4, 4]);
    expect(dissection).toEqual(await dissect({ probe: convolution, concepts: data, upsampling: field }));
  });

  it('keeps thresholds within the rank error where positions are sampled', async () => {
    const concepts = noise(11, 40);
    const options = { probe: convolution, concepts, upsampling: field, quantile: 0.9 };
    const exact = await dissect(options);
    const sampled = await dissect({ ...options, thresholdMemory: 1 });
    expect(exact.rankError).toBe(0);
    expect(sampled.rankError).toBeGreaterThan(0);
    expect(sampled.rankError).toBeLessThan(0.06);
    const values: number[][] = [[], [], [], []];
    await dissect({
      ...options,
      onActivations: ({ activations }) => {
        for (const [index, value] of activations.entries()) values[index % 4]!.push(value);
      },
    });
    for (const { unit, threshold } of sampled.units) {
      expect(threshold).toBeGreaterThanOrEqual(numpyQuantile(values[unit]!, 0.9 - sampled.rankError));
      expect(threshold).toBeLessThanOrEqual(numpyQuantile(values[unit]!, 0.9 + sampled.rankError));
    }
  });

  it('leaves no tensors', async () => {
    const before = tf.memory().numTensors;
    await dissect({ probe: convolution, concepts: noise(1, 3), upsampling: field, activationMemory: 0 });
    const broken: Probe = (images) => {
      tf.zeros([3]);
      if (images.shape[0] === 1) throw new Error('broken');
      return convolution(images);
    };
    await expect(dissect({ probe: broken, concepts: noise(1, 3), upsampling: field, batchSize: 2 })).rejects.toThrow(
      'broken',
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('dissect refuses', () => {
  const valid: DissectOptions = { probe: convolution, concepts: noise(1, 3), upsampling: field, batchSize: 1 };
  const second = (change: (image: ConceptImage) => Partial<ConceptImage>): ConceptData => {
    const data = noise(1, 3);
    return {
      ...data,
      read: async (index) => {
        const image = await data.read(index);
        return index === 1 ? { ...image, ...change(image) } : image;
      },
    };
  };
  let calls = 0;
  const changing: Probe = (images) => {
    calls++;
    return calls % 2 === 0 ? pooled(images) : convolution(images);
  };

  it.each<[string, Partial<DissectOptions>]>([
    ['quantile must be a number >= 0 and < 1, got 1', { quantile: 1 }],
    ['iouLimit must be a number >= 0 and <= 1, got -1', { iouLimit: -1 }],
    ['batchSize must be an integer >= 1, got 0', { batchSize: 0 }],
    ['topImages must be an integer >= 0, got 0.5', { topImages: 0.5 }],
    ['probe must be a function, got null', { probe: null as never }],
    ['concepts must be densely labeled data, got {}', { concepts: {} as never }],
    [
      "upsampling must be a ReceptiveField, 'half-pixel' or 'align-corners', got \"nearest\"",
      { upsampling: 'nearest' as never },
    ],
    [
      'probe must be a function to float32 activations [1, h, w, units], got float32 tensor [1, 360]',
      { probe: (images) => tf.reshape(images, [1, 360]) as never },
    ],
    ['the probe gave 3 x 3 x 3 activations for image 1, and 6 x 5 x 4 before', { probe: changing }],
    [
      'the pixels of noise 1 must be 12 x 10 x 3 numbers, got Uint8Array [1, 2]',
      { concepts: second(() => ({ pixels: Uint8Array.of(1, 2) })) },
    ],
    ['resume must be an object, got null', { resume: null as never }],
    ['cannot resume from this state: it is of no known kind; expected dissect, version 1', { resume: {} as never }],
    [
      'cannot resume from this state: it is of dissectShard, version 1; expected dissect, version 1',
      { resume: { kind: 'dissectShard', version: 1 } as never },
    ],
    ['layer must be a name, got ""', { layer: '' }],
  ])('%s', async (message, change) => {
    await expect(dissect({ ...valid, ...change })).rejects.toThrow(`@cnnviz/dissect: dissect: ${message}`);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['"noise"', 'noise'],
    ['{ name, pixels }', { name: 'a', pixels: new Uint8Array(360) }],
    ['{ name, pixels, maps, imageLabels }', { name: 'a', pixels: new Uint8Array(360), maps: [null], imageLabels: [] }],
  ])('data that give %s for an image', async (received, given) => {
    const read = async () => given as never;
    const message = 'must be an object with name, maps and imageLabels, got';
    await expect(dissect({ ...valid, concepts: { ...noise(1, 3), read } })).rejects.toThrow(
      `@cnnviz/dissect: dissect: image 0 ${message} ${received}`,
    );
    const data = { ...noise(1, 3), readLabels: read };
    await expect(dissect({ ...valid, concepts: data, quantile: 0 })).rejects.toThrow(`dissect: image 0 ${message}`);
  });

  it('labels that are no concept, and activations that are no number, naming the image', async () => {
    const unknown = second(() => ({ maps: [{ category: 'a', labels: new Uint16Array(30).fill(77) }] }));
    await expect(dissect({ ...valid, concepts: unknown })).rejects.toThrow(
      'map 0 of noise 1 must be 0 or numbers of concepts, got 77',
    );
    const infinite: Probe = (images) => tf.div(images, 0);
    await expect(dissect({ ...valid, probe: infinite })).rejects.toThrow(
      /activations must be finite, got .* from unit . on image 0/,
    );
  });

  it('the state of other options', async () => {
    let state: DissectionState | undefined;
    await dissect({
      ...valid,
      onProgress: (progress) => {
        state = progress.state();
      },
    });
    await expect(dissect({ ...valid, resume: state!, quantile: 0.5 })).rejects.toThrow(
      'the state was saved with different quantile',
    );
    await expect(dissect({ ...valid, resume: state!, concepts: noise(1, 4) })).rejects.toThrow(
      'saved with different data: other count',
    );
    await expect(dissect({ ...valid, resume: state!, topImages: 2 })).rejects.toThrow(
      'the state was saved with different topImages',
    );
  });

  it.each<[string, Partial<DissectOptions>]>([
    ['seed', { seed: 1 }],
    ['thresholdMemory', { thresholdMemory: 1000 }],
    ['keepImages', { keepImages: true }],
    ['repeatedLabels', { repeatedLabels: 'netdissect' }],
    ['upsampling', { upsampling: 'align-corners' }],
    ['data: other categories', { concepts: { ...noise(1, 3), categories: ['b', 'a'] } }],
    ['data: other concepts', { concepts: { ...noise(1, 3), concepts: noise(1, 3).concepts.toReversed() } }],
  ])('the state that was saved with different %s, in both phases', async (name, change) => {
    const states: DissectionState[] = [];
    const options = { ...valid, concepts: noise(1, 3), upsampling: 'half-pixel' as const };
    await dissect({ ...options, onProgress: ({ state }) => void states.push(JSON.parse(JSON.stringify(state()))) });
    const whole = await dissect(options);
    for (const state of [states[0]!, states.at(-1)!]) {
      await expect(dissect({ ...options, ...change, resume: state })).rejects.toThrow(
        `@cnnviz/dissect: dissect: the state was saved with different ${name}`,
      );
      // What does not decide what is found may be another.
      expect(await dissect({ ...options, batchSize: 3, activationMemory: 0, resume: state })).toEqual(whole);
    }
    await expect(dissect({ ...options, resume: { ...states[0]!, options: undefined as never } })).rejects.toThrow(
      'the state is damaged: it has no options',
    );
  });

  it('the state of a receptive field whose names are in another order is not one of other options', async () => {
    const states: DissectionState[] = [];
    const { size, stride, offset, inputSize } = field;
    await dissect({
      ...valid,
      upsampling: { size, stride, offset, inputSize },
      onProgress: ({ state }) => void states.push(state()),
    });
    const again = await dissect({ ...valid, upsampling: { inputSize, offset, stride, size }, resume: states[0]! });
    expect(again).toEqual(await dissect({ ...valid, upsampling: { size, stride, offset, inputSize } }));
  });
});
