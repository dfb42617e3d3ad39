// Random numbers and contracts.
export { type Bounds, createRandom, type Random, type RandomState, restoreRandom } from '@cnnviz/internal';
// Mutation.
export { type BitFlipOptions, bitFlipMutation } from './bit-flip-mutation.ts';
export { type GaussianMutationOptions, gaussianMutation } from './gaussian-mutation.ts';
export type { Genes } from './genes.ts';
// Crossover.
export { onePointCrossover } from './one-point-crossover.ts';
export { type PatchCrossoverOptions, patchCrossover } from './patch-crossover.ts';
export { type PolynomialMutationOptions, polynomialMutation } from './polynomial-mutation.ts';
// Selection.
export { type RankOptions, rankSelection } from './rank-selection.ts';
export { rouletteSelection } from './roulette-selection.ts';
export type { Goal, Selection } from './selection.ts';
export { type Scaling, type ScalingOptions, selectionWeights } from './selection-weights.ts';
export { type SimulatedBinaryCrossoverOptions, simulatedBinaryCrossover } from './simulated-binary-crossover.ts';
export { stochasticUniversalSampling } from './stochastic-universal-sampling.ts';
export { type TournamentOptions, tournamentSelection } from './tournament-selection.ts';
export { type TruncationOptions, truncationSelection } from './truncation-selection.ts';
export { twoPointCrossover } from './two-point-crossover.ts';
export { type UniformCrossoverOptions, uniformCrossover } from './uniform-crossover.ts';
