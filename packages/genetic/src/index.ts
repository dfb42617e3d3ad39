// Random numbers and contracts.

export type { AnyClassifier, Classifier } from '@cnnviz/internal';
export { type Bounds, createRandom, type Random, type RandomState, restoreRandom } from '@cnnviz/internal';
// MAP-Elites.
export { AddStatus, type Archive, type Offers } from './archive.ts';
// Pictures and charts.
export {
  type ArchiveLabel,
  type ArchivePicture,
  type ArchivePictureOptions,
  archivePicture,
} from './archive-picture.ts';
// Encodings of genomes.
export { type BitEncodingOptions, bitEncoding } from './bit-encoding.ts';
// Mutation.
export { type BitFlipOptions, bitFlipMutation } from './bit-flip-mutation.ts';
export { type ClassArchiveOptions, classArchive } from './class-archive.ts';
// Images as genomes.
export { type CppnEncodingOptions, cppnEncoding } from './cppn-encoding.ts';
export type { CppnActivation, CppnConnection, CppnGenome, CppnNode } from './cppn-genome.ts';
export { type DirectEncodingOptions, directEncoding } from './direct-encoding.ts';
export type { Breeding, Encoding } from './encoding.ts';
// Genetic algorithms.
export { type Evolution, type EvolveOptions, type EvolveProgress, evolve } from './evolve.ts';
// Fooling a network.
export {
  evolveFoolingImages,
  type FoolingEvolution,
  type FoolingOptions,
  type FoolingProgress,
} from './evolve-fooling-images.ts';
export { type FamilyLine, type FamilyLineOptions, familyLine } from './family-line.ts';
export { type FitnessCurves, type FitnessCurvesOptions, fitnessCurves } from './fitness-curves.ts';
export { type GaussianMutationOptions, gaussianMutation } from './gaussian-mutation.ts';
export type { Genes } from './genes.ts';
export {
  type GenerationStatistics,
  GeneticAlgorithm,
  type GeneticAlgorithmOptions,
  type GeneticAlgorithmState,
  type Individual,
} from './genetic-algorithm.ts';
export { type GridArchive, type GridArchiveOptions, type GridEvaluation, gridArchive } from './grid-archive.ts';
export type { ImageEncoding } from './image-encoding.ts';
export {
  type Ancestor,
  type ArchiveStatistics,
  type Elite,
  type Insertion,
  MapElites,
  type MapElitesOptions,
  type MapElitesState,
} from './map-elites.ts';
export type { CppnMutationOptions } from './mutate-cppn.ts';
export {
  type OneMaxGeneration,
  type OneMaxOptions,
  type OneMaxPair,
  type OneMaxRun,
  type OneMaxString,
  oneMax,
} from './one-max.ts';
// Crossover.
export { onePointCrossover } from './one-point-crossover.ts';
export { type PatchCrossoverOptions, patchCrossover } from './patch-crossover.ts';
export { type PolynomialMutationOptions, polynomialMutation } from './polynomial-mutation.ts';
// Selection.
export { type RankOptions, rankSelection } from './rank-selection.ts';
export { type RealEncodingOptions, realEncoding } from './real-encoding.ts';
export { rouletteSelection } from './roulette-selection.ts';
export type { Goal, Selection } from './selection.ts';
export { type Scaling, type ScalingOptions, selectionWeights } from './selection-weights.ts';
export { type SimulatedBinaryCrossoverOptions, simulatedBinaryCrossover } from './simulated-binary-crossover.ts';
export { type Species, speciate } from './speciation.ts';
export { stochasticUniversalSampling } from './stochastic-universal-sampling.ts';
export { type TournamentOptions, tournamentSelection } from './tournament-selection.ts';
export { type TruncationOptions, truncationSelection } from './truncation-selection.ts';
export { twoPointCrossover } from './two-point-crossover.ts';
export { type UniformCrossoverOptions, uniformCrossover } from './uniform-crossover.ts';
