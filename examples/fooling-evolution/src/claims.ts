import { agreementOf, type Claim } from '@cnnviz/example-support';
import { percent } from './evolution-chapter.ts';
import type { EncodingName, EvolvedImages } from './evolve-images.ts';

const SURE = 0.9999;
/** Mean confidence of the images that the paper and the lecture show. */
const SHOWN_MEAN = 0.9912;

/** What evolution reached, beside the paper's. */
export function evolutionClaims(
  network: 'lenet' | 'squeezenet' | 'tiny-darknet',
  { name, classes }: { name: string; classes: readonly string[] },
  { elites, history }: Pick<EvolvedImages, 'elites' | 'history'>,
  encoding: EncodingName,
): Claim[] {
  const last = history.at(-1)!;
  const how = encoding === 'direct' ? 'pixel by pixel' : 'as patterns of CPPNs';
  const common = { source: 'Nguyen et al. 2015', on: `${name}, ${how}`, seeds: 1 };
  if (network !== 'lenet') {
    return [
      {
        ...common,
        claim: `Evolution finds images of most of ${classes.length} classes that a network is sure of.`,
        theirs: 'median 88.11 % after 5,000 generations of 400 (AlexNet, CPPN)',
        ours: `median ${percent(last.median)} after ${last.generation} generations`,
        agrees: agreementOf([last.median > 0.5]),
      },
    ];
  }
  const sure = elites.filter(({ objective }) => objective >= SURE).length;
  const firstSure = history.find(({ median }) => median >= SURE)?.generation;
  return [
    {
      ...common,
      claim: `Evolution ${how} finds an image for each digit that a network is certain of.`,
      theirs: '99.99 % or more for each digit within 200 generations',
      ours: `${sure} of ${classes.length} digits at 99.99 % or more after ${last.generation} generations; the median ${firstSure === undefined ? 'not' : `after ${firstSure}`}`,
      agrees: agreementOf([sure === classes.length]),
    },
    {
      ...common,
      claim: 'On average the network is more than 99 % sure of what nobody recognizes.',
      theirs: `mean ${percent(SHOWN_MEAN)} of the images shown`,
      ours: `mean ${percent(last.mean)}`,
      agrees: agreementOf([last.mean >= SHOWN_MEAN]),
    },
  ];
}
