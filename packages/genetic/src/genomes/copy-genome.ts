import { isPlainObject } from '@cnnviz/internal';
import { copyGenes, type Genes } from './genes.ts';

/**
 * A copy of a genome, so that who is given it may write into it: typed arrays, lists and plain objects are copied,
 * whatever they hold; anything else, as an instance of a class, is the same.
 */
export function copyGenome<G>(genome: G): G {
  if (typeof genome !== 'object' || genome === null) return genome;
  if (ArrayBuffer.isView(genome)) return 'slice' in genome ? (copyGenes(genome as never) as Genes as G) : genome;
  if (Array.isArray(genome)) return genome.map(copyGenome) as G;
  if (!isPlainObject(genome)) return genome;
  const copy = { ...genome } as Record<string, unknown>;
  for (const name in copy) if (typeof copy[name] === 'object') copy[name] = copyGenome(copy[name]);
  return copy as G;
}
