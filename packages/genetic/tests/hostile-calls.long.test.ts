import { constantClassifier } from '@cnnviz/testing';
import { describeHostileCalls, type ValidCall } from '@cnnviz/testing/hostile';
import * as genetic from '../src/index.ts';

const { bitEncoding, classArchive, createRandom, directEncoding, gridArchive, realEncoding } = genetic;

/** An instance of a class, as far as hostile calls look: nothing inside it is replaced. */
const sealed = <T extends object>(instance: T): T => Object.create(instance);
const random = () => sealed(createRandom(0));
const bits = () => Uint8Array.of(0, 1, 1, 0);
const reals = () => Float32Array.of(0.1, 0.9, 0.5, 0.2);
const others = () => Float32Array.of(0.3, 0.4, 0.8, 0.6);
const fitness = [1, 3, 2, 5];
const ones = (genome: Uint8Array) => genome.reduce((sum, gene) => sum + gene, 0);
const shape = [2, 2, 1] as const;
const image = () => Float32Array.of(0, 0.5, 1, 0.25);
const elite = () => ({ cell: 1, objective: 0.9, genome: image(), generation: 2, ancestors: [] });

const crossing = (options?: object): ValidCall => ({
  given: () => [reals(), others(), random(), ...(options === undefined ? [] : [options])],
});
const mutating = (options: object): ValidCall => ({ given: () => [reals(), random(), options] });
const selecting = (options: object): ValidCall => ({ given: () => [fitness, 2, random(), options] });
const spinning = (name: string): ValidCall => ({
  ...selecting({ scaling: 'linear', pressure: 1.5 }),
  speaksAs: [name, 'selectionWeights'],
});

const breeding = () => ({ random: random(), generation: 0, memory: {} });
const breedWith = (encoding: genetic.Encoding<never>) => {
  const lent = breeding();
  const [first, second] = [encoding.create(lent), encoding.create(lent)];
  for (const child of encoding.cross(first, second, lent)) encoding.mutate(child, lent);
};

const algorithm = () => {
  const own = new genetic.GeneticAlgorithm({ encoding: bitEncoding({ length: 4 }), populationSize: 4, seed: 0 });
  own.ask();
  return own;
};
const algorithmOptions = () => ({ encoding: bitEncoding({ length: 4 }), populationSize: 4, seed: 0, elites: 1 });
const search = () => {
  const own = new genetic.MapElites({
    encoding: realEncoding({ length: 1, bounds: [0, 1] }),
    archive: gridArchive({ dims: [4], ranges: [[0, 1]] }),
    populationSize: 2,
    seed: 0,
  });
  own.ask();
  return own;
};
const told = () => ({ objectives: [1, 2], measures: [0.1, 0.9] });
const searched = () => {
  const own = search();
  own.tell(told());
  return own;
};

const calls: Record<string, ValidCall> = {
  createRandom: { given: () => [0] },
  restoreRandom: { given: () => [createRandom(0).state()] },

  onePointCrossover: crossing(),
  twoPointCrossover: crossing(),
  uniformCrossover: crossing({ rate: 0.5 }),
  patchCrossover: crossing({ shape: [2, 2, 1] }),
  simulatedBinaryCrossover: crossing({ bounds: [0, 1], eta: 2, rate: 0.5 }),
  bitFlipMutation: { given: () => [bits(), random(), { rate: 0.5 }] },
  gaussianMutation: mutating({ deviation: 0.1, rate: 0.5, bounds: [0, 1] }),
  polynomialMutation: mutating({ bounds: [0, 1], rate: 0.5, eta: 2, form: 'bounded' }),

  rouletteSelection: spinning('rouletteSelection'),
  stochasticUniversalSampling: spinning('stochasticUniversalSampling'),
  tournamentSelection: selecting({ size: 2 }),
  rankSelection: selecting({ pressure: 1.5 }),
  truncationSelection: selecting({ fraction: 0.5 }),
  selectionWeights: { given: () => [fitness, { scaling: 'linear', pressure: 1.5 }] },
  speciate: {
    given: () => [[1, 2, 9], (a: unknown, b: unknown) => (a === b ? 0 : 5), { threshold: 3, representatives: [1] }],
  },

  bitEncoding: { given: () => [{ length: 4, flipRate: 0.5 }], use: breedWith },
  realEncoding: { given: () => [{ length: 4, bounds: [0, 1] }], use: breedWith },
  directEncoding: { given: () => [{ shape }], use: breedWith },
  cppnEncoding: { given: () => [{ shape }], use: breedWith },

  evolve: {
    given: () => [
      { ...algorithmOptions(), encoding: sealed(bitEncoding({ length: 4 })), fitness: ones, generations: 2 },
    ],
    speaksAs: ['evolve', 'GeneticAlgorithm', 'GeneticAlgorithm.tell'],
  },
  GeneticAlgorithm: { given: () => [algorithmOptions()] },
  'GeneticAlgorithm#ask': { on: algorithm },
  'GeneticAlgorithm#tell': { on: algorithm, given: () => [fitness] },
  'GeneticAlgorithm#state': { on: algorithm },
  'GeneticAlgorithm#statistics': {
    on: () => {
      const own = algorithm();
      own.tell(fitness);
      return own;
    },
  },

  classArchive: {
    given: () => [{ classes: 2 }],
    use: (archive: genetic.Archive<number[]>) => archive.offers([0, 1], 1),
  },
  gridArchive: {
    given: () => [{ dims: [2], ranges: [[0, 1]], epsilon: 0 }],
    use: (archive: genetic.GridArchive) => archive.cellOf([0.5]),
  },
  MapElites: {
    given: () => [
      { encoding: bitEncoding({ length: 4 }), archive: classArchive({ classes: 2 }), populationSize: 2, seed: 0 },
    ],
  },
  'MapElites#ask': { on: search },
  'MapElites#tell': { on: search, given: () => [told()], speaksAs: ['MapElites.tell', 'gridArchive'] },
  'MapElites#state': { on: search },
  'MapElites#statistics': { on: searched, given: () => [{ offset: 0 }] },

  evolveFoolingImages: {
    given: () => [
      constantClassifier([0, 1]),
      {
        encoding: sealed(directEncoding({ shape })),
        bounds: [0, 1],
        populationSize: 2,
        generations: 1,
        batchSize: 2,
        seed: 0,
      },
    ],
    speaksAs: ['evolveFoolingImages', 'MapElites'],
  },
  archivePicture: {
    given: () => [directEncoding({ shape }), [elite()], { columns: 1, factor: 2, classNames: ['a', 'b'] }],
    speaksAs: ['archivePicture', 'directEncoding'],
  },
  familyLine: {
    given: () => [directEncoding({ shape }), elite(), { factor: 2 }],
    speaksAs: ['familyLine', 'directEncoding'],
  },
  fitnessCurves: { given: () => [[{ generation: 0, best: 1, mean: 0.5 }], { label: 'ones', points: 4 }] },
};

describeHostileCalls('genetic', genetic, calls);
