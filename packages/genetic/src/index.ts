export type { AnyClassifier, Classifier } from '@cnnviz/internal';

// Fooling a network

export {
  type EvolveFoolingImagesOptions,
  evolveFoolingImages,
  type FoolingEvolution,
  type FoolingEvolutionProgress,
} from './fooling/evolve-fooling-images.ts';
export {
  type ArchiveLabel,
  type ArchivePicture,
  type ArchivePictureOptions,
  archivePicture,
} from './pictures/archive-picture.ts';
export { type FamilyLine, type FamilyLineOptions, familyLine } from './pictures/family-line.ts';
export { type FitnessCurves, type FitnessCurvesOptions, fitnessCurves } from './pictures/fitness-curves.ts';

// Random numbers

export { type Bounds, createRandom, type Random, type RandomState, restoreRandom } from '@cnnviz/internal';

// Genetic algorithms

export { type BitEncodingOptions, bitEncoding } from './encodings/bit-encoding.ts';
export type { Breeding, Encoding } from './encodings/encoding.ts';
export { type RealEncodingOptions, realEncoding } from './encodings/real-encoding.ts';
export { type Evolution, type EvolveOptions, type EvolveProgress, evolve } from './genetic-algorithm/evolve.ts';
export { type GenerationStatistics, GeneticAlgorithm } from './genetic-algorithm/genetic-algorithm.ts';
export type { GeneticAlgorithmOptions } from './genetic-algorithm/genetic-algorithm-options.ts';
export type { GeneticAlgorithmState, Individual } from './genetic-algorithm/genetic-algorithm-state.ts';
export { type Species, speciate } from './genetic-algorithm/speciation.ts';
export type { Genes } from './genomes/genes.ts';

// MAP-Elites

export { AddStatus, type Archive, type Offers } from './map-elites/archive.ts';
export { type ClassArchiveOptions, classArchive } from './map-elites/class-archive.ts';
export type { Ancestor, Elite } from './map-elites/elite.ts';
export {
  type GridArchive,
  type GridArchiveOptions,
  type GridEvaluation,
  gridArchive,
} from './map-elites/grid-archive.ts';
export { type ArchiveStatistics, type Insertion, MapElites } from './map-elites/map-elites.ts';
export type { MapElitesOptions } from './map-elites/map-elites-options.ts';
export type { MapElitesState } from './map-elites/map-elites-state.ts';

// Images as genomes

export type { CppnActivation, CppnConnection, CppnGenome, CppnNode } from './encodings/cppn/cppn-genome.ts';
export type { CppnMutationOptions } from './encodings/cppn/mutate-cppn.ts';
export { type CppnEncodingOptions, cppnEncoding } from './encodings/cppn-encoding.ts';
export { type DirectEncodingOptions, directEncoding } from './encodings/direct-encoding.ts';
export type { ImageEncoding } from './encodings/image-encoding.ts';

// Operators

export { onePointCrossover } from './operators/crossover/one-point-crossover.ts';
export { type PatchCrossoverOptions, patchCrossover } from './operators/crossover/patch-crossover.ts';
export {
  type SimulatedBinaryCrossoverOptions,
  simulatedBinaryCrossover,
} from './operators/crossover/simulated-binary-crossover.ts';
export { twoPointCrossover } from './operators/crossover/two-point-crossover.ts';
export { type UniformCrossoverOptions, uniformCrossover } from './operators/crossover/uniform-crossover.ts';
export { type BitFlipOptions, bitFlipMutation } from './operators/mutation/bit-flip-mutation.ts';
export { type GaussianMutationOptions, gaussianMutation } from './operators/mutation/gaussian-mutation.ts';
export { type PolynomialMutationOptions, polynomialMutation } from './operators/mutation/polynomial-mutation.ts';
export { type RankOptions, rankSelection } from './operators/selection/rank-selection.ts';
export { rouletteSelection } from './operators/selection/roulette-selection.ts';
export type { Goal, Selection } from './operators/selection/selection.ts';
export { type Scaling, type ScalingOptions, selectionWeights } from './operators/selection/selection-weights.ts';
export { stochasticUniversalSampling } from './operators/selection/stochastic-universal-sampling.ts';
export { type TournamentOptions, tournamentSelection } from './operators/selection/tournament-selection.ts';
export { type TruncationOptions, truncationSelection } from './operators/selection/truncation-selection.ts';
