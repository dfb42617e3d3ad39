import { checker } from '@cnnviz/internal';
import { PROBABILITY } from '../genomes/genes.ts';
import { CPPN_INPUTS, type CppnGenome, requireCppnGenome } from './cppn/cppn-genome.ts';
import { cppnDistance, crossCppns } from './cppn/cross-cppns.ts';
import { innovationsOf } from './cppn/innovations.ts';
import { anyActivation, type CppnMutationOptions, mutateCppn } from './cppn/mutate-cppn.ts';
import { renderCppns } from './cppn/render-cppns.ts';
import type { ImageEncoding } from './image-encoding.ts';

export interface CppnEncodingOptions extends Partial<CppnMutationOptions> {
  /** The shape of the images that evolve. One channel: gray; three: hue, lightness and saturation, shown as RGB. */
  shape: readonly [height: number, width: number, channels: number];
  /**
   * - `neat`: aligned crossover, splits that keep the old connection, coordinates from -1 to 1.
   * - `fooling`: the released fooling code, which is not NEAT proper: children are copies of their parents, a split
   *   replaces the connection, and x and y are pixel indices, so that patterns are finer.
   *
   * Both have that code's mutation rates, and each option can be set separately. Default: `neat`.
   */
  preset?: 'neat' | 'fooling';
  /** Whether a crossover aligns genomes, as in NEAT, or only copies them. */
  crossover?: 'aligned' | 'copy';
  /** What x and y are: from -1 to 1, or pixel indices of the image that evolves. */
  coordinates?: 'normalized' | 'pixels';
}

const check = checker('@cnnviz/genetic', 'cppnEncoding');

/** Mutation rates of the fooling code. */
const RATES = {
  weightRange: 10,
  weightRate: 0.1,
  weightEta: 15,
  activationRate: 0.1,
  addConnectionRate: 0.5,
  removeConnectionRate: 0.3,
  addNodeRate: 0.5,
  removeNodeRate: 0.2,
  maxHidden: 50,
} as const;

const PRESETS = {
  neat: { ...RATES, split: 'silence', crossover: 'aligned', coordinates: 'normalized' },
  fooling: { ...RATES, split: 'replace', crossover: 'copy', coordinates: 'pixels' },
} as const;

/**
 * Encodes images as compositional pattern-producing networks (CPPNs), evolved by NEAT: a genome is a small network from a pixel's x, y,
 * distance from the center and a bias to its gray level, or its hue, lightness and saturation. It starts with all inputs
 * connected to the outputs and no hidden node, and grows. It renders at any size.
 *
 * Mutation, with the fooling code's rates, in its order: each weight steps polynomially (0.1, eta 15, within ±10), each
 * activation changes (0.1), a connection is added (0.5) and removed (0.3), a node is added (0.5) and removed (0.2).
 * `maxHidden` (50) bounds the size. The diversity of a population is the mean distance of neighbors in the population, by NEAT's measure.
 *
 * @returns An encoding for `evolveFoolingImages` and `MapElites`; the caller disposes what its `render` returns.
 * @throws RangeError if there are not 1 or 3 channels, or a rate is outside [0, 1].
 * @see Stanley, "Compositional pattern producing networks", Genetic Programming and Evolvable Machines 8(2), 2007,
 *   https://doi.org/10.1007/s10710-007-9028-8.
 * @see Stanley, Miikkulainen, "Evolving neural networks through augmenting topologies", Evolutionary Computation 10(2),
 *   2002, https://doi.org/10.1162/106365602320169811.
 *
 * @example
 * import { cppnEncoding, createRandom } from '@cnnviz/genetic';
 *
 * const encoding = cppnEncoding({ shape: [64, 64, 3] });
 * const genome = encoding.create({ random: createRandom(0), generation: 0, memory: {} });
 * const large = encoding.render([genome], [512, 512]); // [1, 512, 512, 3]
 */
export function cppnEncoding(options: CppnEncodingOptions): ImageEncoding<CppnGenome> {
  const shape = check.shape('shape', check.options(options).shape, 3);
  const [height, width] = shape;
  const channels = check.oneOf('channels', shape[2], [1, 3]);
  const preset = check.oneOf('preset', options.preset ?? 'neat', ['neat', 'fooling']);
  const settings = readSettings(options, PRESETS[preset]);
  const first = { node: CPPN_INPUTS + channels, connection: CPPN_INPUTS * channels };

  return {
    name: `cppn(${height} x ${width} x ${channels}, ${settings.coordinates})`,
    settings: { ...settings },
    shape,
    create: ({ random }) => ({
      nodes: Array.from({ length: channels }, (_, output) => ({
        id: CPPN_INPUTS + output,
        activation: anyActivation(random),
      })),
      connections: Array.from({ length: CPPN_INPUTS * channels }, (_, innovation) => ({
        innovation,
        from: Math.floor(innovation / channels),
        to: CPPN_INPUTS + (innovation % channels),
        weight: settings.weightRange * (2 * random.uniform() - 1),
        enabled: true,
      })),
    }),
    cross: (one, other, { random }, fitter) =>
      settings.crossover === 'copy'
        ? [one, other]
        : [
            fitter === 'second' ? crossCppns(other, one, random) : crossCppns(one, other, random),
            fitter === 'first' ? crossCppns(one, other, random) : crossCppns(other, one, random),
          ],
    mutate: (genome, { random, generation, memory }) =>
      mutateCppn(genome, random, innovationsOf(memory, generation, first), channels, settings),
    distance: cppnDistance,
    diversity: (genomes) =>
      genomes.length < 2
        ? 0
        : genomes.reduce(
            (sum, genome, index) => sum + cppnDistance(genome, genomes[(index + 1) % genomes.length]!),
            0,
          ) / genomes.length,
    save: (genome) => structuredClone(genome),
    load: (saved) => structuredClone(requireCppnGenome(saved, channels)),
    render: (genomes, size = [height, width]) => {
      if (!Array.isArray(genomes)) check.fail('type', 'genomes', 'a list of genomes', genomes);
      const [rows, columns] = check.shape('size', size, 2);
      return renderCppns(genomes, {
        height: rows,
        width: columns,
        channels,
        inputs: inputsAt({ height: rows, width: columns }, { height, width }, settings.coordinates),
      });
    },
  };
}

type Settings = CppnMutationOptions & Required<Pick<CppnEncodingOptions, 'crossover' | 'coordinates'>>;

function readSettings(options: CppnEncodingOptions, preset: Settings): Settings {
  const { shape: _, preset: __, ...own } = options;
  const settings = { ...preset, ...own };
  check.number('weightRange', settings.weightRange, { above: 0 });
  check.number('weightEta', settings.weightEta, { min: 0 });
  check.number('maxHidden', settings.maxHidden, { integer: true, min: 0 });
  check.oneOf('split', settings.split, ['silence', 'replace']);
  check.oneOf('crossover', settings.crossover, ['aligned', 'copy']);
  check.oneOf('coordinates', settings.coordinates, ['normalized', 'pixels']);
  for (const name of [
    'weightRate',
    'activationRate',
    'addConnectionRate',
    'removeConnectionRate',
    'addNodeRate',
    'removeNodeRate',
  ] as const) {
    check.number(name, settings[name], PROBABILITY);
  }
  return settings;
}

/** x, y, distance from the center (1 at the middle of an edge) and 1 at each pixel's center. */
function inputsAt(
  size: { height: number; width: number },
  evolved: { height: number; width: number },
  coordinates: 'normalized' | 'pixels',
): Float32Array {
  const pixels = size.height * size.width;
  const inputs = new Float32Array(CPPN_INPUTS * pixels);
  for (let row = 0; row < size.height; row++) {
    const y = (2 * (row + 0.5)) / size.height - 1;
    for (let column = 0; column < size.width; column++) {
      const x = (2 * (column + 0.5)) / size.width - 1;
      const pixel = row * size.width + column;
      const asIndex = coordinates === 'pixels';
      inputs[pixel] = asIndex ? ((x + 1) / 2) * evolved.width - 0.5 : x;
      inputs[pixels + pixel] = asIndex ? ((y + 1) / 2) * evolved.height - 0.5 : y;
      inputs[2 * pixels + pixel] = Math.hypot(x, y);
      inputs[3 * pixels + pixel] = 1;
    }
  }
  return inputs;
}
