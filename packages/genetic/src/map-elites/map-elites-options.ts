import { checker } from '@cnnviz/internal';
import { type Encoding, requireEncoding } from '../encodings/encoding.ts';
import { PROBABILITY, requireCount } from '../genomes/genes.ts';
import { type SavedOptions, savedOptions } from '../genomes/saved-options.ts';
import { type Archive, requireCells } from './archive.ts';
import type { MapElitesState } from './map-elites-state.ts';

export interface MapElitesOptions<G, Evaluation> {
  /** What a genome is, and how it is made, crossed and mutated. */
  encoding: Encoding<G>;
  /** `classArchive` or `gridArchive`. */
  archive: Archive<Evaluation>;
  /** Children per generation, 2 or more. Default: 200, the fooling code's. */
  populationSize?: number;
  /** Random genomes of the first generation. Default: `populationSize`. */
  initialSize?: number;
  /** A whole number >= 0. Not used when resuming. Default: 0. */
  seed?: number;
  /** Probability that two parents are crossed rather than copied. Each child mutates. Default: 0.5, the fooling code's. */
  crossoverRate?: number;
  /**
   * How parents are drawn, with replacement.
   *
   * - `cells`: each filled cell is equally likely, so that a genome that holds k cells is drawn k times as often.
   * - `elites`: each distinct genome is equally likely.
   *
   * Default: `cells`, as in the fooling code.
   */
  parents?: 'cells' | 'elites';
  /** Ancestors to keep per elite, spread over its line of descent by first parents. Default: 0. */
  lineage?: number;
  /** What `state()` gave; needs the same options. Default: starts from random genomes. */
  resume?: MapElitesState;
}

/** The options of MAP-Elites, checked and with their defaults. */
export interface MapElitesSettings<G, Evaluation> {
  encoding: Encoding<G>;
  archive: Archive<Evaluation>;
  populationSize: number;
  initialSize: number;
  crossoverRate: number;
  parents: 'cells' | 'elites';
  lineage: number;
  /** What a saved state has to agree with. */
  saved: SavedOptions;
}

export const check = checker('@cnnviz/genetic', 'MapElites');

/** Checks the options and fills in the defaults. */
export function resolveOptions<G, Evaluation>(
  options: MapElitesOptions<G, Evaluation>,
): MapElitesSettings<G, Evaluation> {
  const encoding = requireEncoding(check, check.options(options).encoding);
  const archive = requireArchive(options.archive);
  const populationSize = requireCount(check, 'populationSize', options.populationSize ?? 200, 2);
  const own = {
    populationSize,
    initialSize: requireCount(check, 'initialSize', options.initialSize ?? populationSize, 1),
    crossoverRate: check.number('crossoverRate', options.crossoverRate ?? 0.5, PROBABILITY),
    parents: check.oneOf('parents', options.parents ?? 'cells', ['cells', 'elites']),
    lineage: check.number('lineage', options.lineage ?? 0, { integer: true, min: 0 }),
  };
  return { encoding, archive, ...own, saved: savedOptions(own, { encoding, archive }) };
}

function requireArchive<Evaluation>(archive: Archive<Evaluation>): Archive<Evaluation> {
  check.options(archive, 'archive');
  if (typeof archive.name !== 'string') check.fail('type', 'archive.name', 'a string', archive.name);
  check.callable('archive.offers', archive.offers);
  if (archive.settings !== undefined) check.options(archive.settings, 'archive.settings');
  requireCells(check, 'archive.cells', archive.cells);
  return archive;
}
