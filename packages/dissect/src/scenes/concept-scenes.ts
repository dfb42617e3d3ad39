import { checker, createRandom, type Random } from '@cnnviz/internal';
import type { Concept, ConceptData, ConceptMap, ImageConcepts } from '../data/concepts.ts';
import {
  pixelsOf,
  type RenderedScene,
  renderScene,
  type SceneDescription,
  type SceneObject,
  type Surface,
  type Weave,
} from './render-scene.ts';
import { type ObjectModel, sceneObjects } from './scene-objects.ts';
import { materials, sceneColors, textures } from './scene-patterns.ts';

/** Options of `conceptScenes`. */
export interface ConceptScenesOptions {
  /** Seed of the scenes, a whole number >= 0. The same seed gives the same scenes for any count and size. Default: 0. */
  seed?: number;
  /** Number of images. */
  count: number;
  /** Side length of the images in pixels, at least 16. Default: 64. */
  size?: number;
  /** Side length of the label maps in pixels, at least 1. Default: `size`, so that each pixel has its own labels. */
  labelSize?: number;
  /** Largest deviation of each level of each pixel, of 255, uniformly distributed; 0 to 12. Default: 8. */
  noise?: number;
}

/** A question about an image that a network can be trained on. */
export interface SceneTask {
  classes: readonly string[];
  /** Returns the class of image `index`, without drawing the image. */
  classOf(index: number): number;
}

/** Rendered scenes: densely labeled data that can say what is drawn. */
export interface ConceptScenes extends ConceptData {
  /** Describes what image `index` shows. */
  describe(index: number): SceneDescription;
  /**
   * Labels for training: the scene, the texture of the background, and the number of objects. None of them determines another.
   */
  tasks: { scene: SceneTask; texture: SceneTask; count: SceneTask };
}

/** A scene is decided by these two objects together; each of them is in other scenes too. */
const deciders: Readonly<Record<string, readonly [string, string]>> = {
  street: ['house', 'car'],
  harbour: ['house', 'boat'],
  garden: ['house', 'flower'],
  road: ['tree', 'car'],
  lake: ['tree', 'boat'],
  meadow: ['tree', 'flower'],
};

/** Objects that may be in any scene. */
const bystanders = ['person', 'lamp', 'clock'];

const scenes = Object.keys(deciders);
const textureNames = Object.keys(textures);
const counts = ['two objects', 'three objects', 'four objects'];

/** As Broden marks colors and scenes, so that no two concepts have one name. */
const namesOf: Readonly<Record<string, readonly string[]>> = {
  object: sceneObjects.map(({ name }) => name),
  part: sceneObjects.flatMap(({ parts }) => parts.map(({ name }) => name)),
  scene: scenes.map((name) => `${name}-s`),
  material: Object.keys(materials),
  texture: textureNames,
  color: Object.keys(sceneColors).map((name) => `${name}-c`),
};

const concepts: readonly Concept[] = Object.entries(namesOf)
  .flatMap(([category, names]) => names.map((name) => ({ name, category })))
  .map((concept, index) => ({ number: index + 1, ...concept }));

const numberOf = new Map(concepts.map(({ number, name, category }) => [`${category} ${name}`, number]));

/**
 * Renders scenes in which everything is labeled: objects, their parts, materials, textures, colors, and the scene itself.
 *
 * Two objects together determine the scene: a `street` has a house and a car, a `road` a tree and a car, a `garden` a house
 * and a flower. No single object determines it, and colors, materials, textures, places and other objects are drawn
 * independently of it, so a network has to find objects to tell scenes apart. Objects have hard edges and each pixel shows one
 * surface, so masks are exact at any size.
 *
 * A pixel has the light or the dark tone of its color (`sceneColors`, or 0.68 of it) plus noise. The tones of two colors differ
 * by more than twice the largest noise in some channel, so a unit that finds a color by its distance from the tones has an IoU
 * of exactly 1.
 *
 * Image `index` depends only on the seed and its index, so images can be read in any order.
 *
 * @returns Data for `dissect`, with labels of tasks to train on.
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an option is of another kind.
 * @see Johnson, Hariharan, van der Maaten, Fei-Fei, Zitnick, Girshick, "CLEVR: A Diagnostic Dataset for Compositional
 *   Language and Elementary Visual Reasoning", CVPR 2017, https://arxiv.org/abs/1612.06890, for rendered scenes as a
 *   diagnostic.
 *
 * @example
 * import { conceptScenes } from '@cnnviz/dissect';
 *
 * const scenes = conceptScenes({ seed: 0, count: 1000, size: 64, labelSize: 32 });
 * const { pixels, maps } = await scenes.read(7);
 * const { classes, classOf } = scenes.tasks.scene;
 * console.log(classes[classOf(7)]);
 */
export function conceptScenes(options: ConceptScenesOptions): ConceptScenes {
  const check = checker('@cnnviz/dissect', 'conceptScenes');
  const { seed = 0 } = check.options(options);
  check.seed('seed', seed);
  const count = check.number('count', options.count, { integer: true, min: 1 });
  const size = check.number('size', options.size ?? 64, { integer: true, min: 16, max: 4096 });
  const labelSize = check.number('labelSize', options.labelSize ?? size, { integer: true, min: 1, max: 4096 });
  const noise = check.number('noise', options.noise ?? 8, { integer: true, min: 0, max: 12 });

  const firstSeed = Math.floor(createRandom(seed).uniform() * 2 ** 32) * 2 ** 21;
  /** Neighboring seeds give unrelated numbers. */
  const randomOf = (index: number) => createRandom((firstSeed + index) % 2 ** 53);
  const checkIndex = (index: number) => check.number('index', index, { integer: true, min: 0, max: count - 1 });
  const describe = (index: number) => drawDescription(randomOf(checkIndex(index)));
  const nameOf = (index: number) => `scene-${seed}-${index}`;
  const task = (classes: readonly string[], nameOf: (description: SceneDescription) => string): SceneTask => ({
    classes,
    classOf: (index) => classes.indexOf(nameOf(describe(index))),
  });

  return {
    concepts,
    categories: Object.keys(namesOf),
    imageSize: [size, size],
    labelSize: [labelSize, labelSize],
    count,
    describe,
    tasks: {
      scene: task(scenes, ({ scene }) => scene),
      texture: task(textureNames, ({ background }) => background.texture),
      count: task(counts, ({ objects }) => counts[objects.length - 2]!),
    },
    async read(index) {
      const random = randomOf(checkIndex(index));
      const description = drawDescription(random);
      const rendered = renderScene(description, size);
      const pixels = pixelsOf(rendered);
      addNoise(pixels, noise, random);
      const labeled = labelSize === size ? rendered : renderScene(description, labelSize);
      return { pixels, height: size, width: size, name: nameOf(index), ...labelsOf(description, labeled) };
    },
    async readLabels(index) {
      const description = describe(index);
      return { name: nameOf(index), ...labelsOf(description, renderScene(description, labelSize)) };
    },
  };
}

function labelsOf(
  { scene }: SceneDescription,
  { surfaces, shown }: RenderedScene,
): Pick<ImageConcepts, 'maps' | 'imageLabels'> {
  const mapOf = (category: string, nameOf: (surface: Surface) => string | undefined): ConceptMap => {
    const numbers = surfaces.map((surface) => numberOf.get(`${category} ${nameOf(surface)}`) ?? 0);
    const labels = new Uint16Array(shown.length);
    for (let pixel = 0; pixel < labels.length; pixel++) labels[pixel] = numbers[shown[pixel]!]!;
    return { category, labels };
  };
  return {
    maps: [
      mapOf('object', ({ object }) => object),
      mapOf('part', ({ part }) => part),
      mapOf('material', ({ material }) => material),
      mapOf('texture', ({ texture }) => texture),
      mapOf('color', ({ color }) => `${color}-c`),
    ],
    imageLabels: [{ category: 'scene', label: numberOf.get(`scene ${scene}-s`)! }],
  };
}

function addNoise(pixels: Uint8Array, noise: number, random: Random): void {
  if (noise === 0) return;
  const levels = 2 * noise + 1;
  for (let index = 0; index < pixels.length; index += 3) {
    // One draw for the three channels.
    const drawn = random.integer(levels ** 3);
    pixels[index]! += (drawn % levels) - noise;
    pixels[index + 1]! += (Math.floor(drawn / levels) % levels) - noise;
    pixels[index + 2]! += Math.floor(drawn / levels ** 2) - noise;
  }
}

function drawDescription(random: Random): SceneDescription {
  const choose = <T>(from: readonly T[]): T => from[random.integer(from.length)]!;
  const between = (min: number, max: number) => min + (max - min) * random.uniform();
  const drawWeave = (period: number, direction: readonly [number, number]): Weave => ({
    period,
    direction,
    shift: [random.uniform(), random.uniform()],
  });

  const scene = choose(scenes);
  const wantedBystanders = random.integer(counts.length);
  const chosen = [...random.permutation(bystanders.length)].slice(0, wantedBystanders);
  const colors = Array.from(random.permutation(colorsInOrder.length), (index) => colorsInOrder[index]!);
  const [above, below, ...others] = colors as [string, string, ...string[]];
  const background = {
    horizon: between(0.35, 0.75),
    above,
    below,
    texture: choose(textureNames),
    weave: drawWeave(between(0.08, 0.14), drawDirection(random)),
  };
  const dress = (model: ObjectModel): SceneObject['parts'] => {
    const order = random.permutation(others.length);
    return model.parts.map(({ name }, index) => ({
      name,
      // Colors of the background and of other parts are left out: they would hide what is there.
      color: others[order[index]!]!,
      material: choose(materialNames),
      weave: drawWeave(between(0.05, 0.08), [1, 0]),
    }));
  };
  const names = [...deciders[scene]!, ...chosen.map((index) => bystanders[index]!)];
  const models = names.map((name) => sceneObjects.find((model) => model.name === name)!);
  const places = placeApart(models, random);
  const objects = models.map((model, index) => ({
    name: model.name,
    ...places[index]!,
    isMirrored: random.integer(2) === 1,
    parts: dress(model),
  }));
  const fromBackToFront = Array.from(random.permutation(objects.length), (index) => objects[index]!);
  return { scene, background, objects: fromBackToFront };
}

const colorsInOrder = Object.keys(sceneColors);
const materialNames = Object.keys(materials);

/** A direction, every one equally likely, without sines: their last bit differs between JavaScript engines. */
function drawDirection(random: Random): [number, number] {
  for (;;) {
    const x = 2 * random.uniform() - 1;
    const y = 2 * random.uniform() - 1;
    const length = Math.sqrt(x * x + y * y);
    if (length > 0.1 && length <= 1) return [x / length, y / length];
  }
}

type Place = Pick<SceneObject, 'left' | 'top' | 'width' | 'height'>;

/** Boxes inside the picture that do not overlap; smaller ones where the first draws do not fit. */
function placeApart(models: readonly ObjectModel[], random: Random): Place[] {
  for (let largest = models.length > 3 ? 0.42 : 0.5; ; largest *= 0.99) {
    const places: Place[] = [];
    for (const { aspect } of models) {
      const side = largest * (0.75 + 0.25 * random.uniform());
      // Wide objects and high ones cover about as much as square ones.
      const stretch = Math.sqrt(aspect);
      const width = side * stretch;
      const height = side / stretch;
      const left = (1 - width) * random.uniform();
      const top = (1 - height) * random.uniform();
      places.push({ left, top, width, height });
    }
    if (places.every((place, index) => places.slice(0, index).every((other) => !overlap(place, other)))) return places;
  }
}

function overlap(a: Place, b: Place): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}
