import { agreementOf, type Claim } from '@cnnviz/example-support';
import type { Experiment, MethodQuality } from './experiment.ts';

/** What a learned prior adds to activation maximization. */
export function synthesisClaims(
  { quality }: Pick<Experiment, 'quality'>,
  { dataSet, wanted }: { dataSet: string; wanted: number },
): Claim[] {
  const of = (method: string) => quality.find((row) => row.method === method)!;
  const generator = of('generator');
  const fourier = of('fourier');
  const pixels = of('pixels');
  const drawn = [generator, fourier, pixels];
  const common = {
    source: 'Nguyen et al. 2016; lecture',
    on: `VGG-like network, ${dataSet}, ${generator.images} images`,
    seeds: 1,
  };
  return [
    {
      ...common,
      claim: 'Images of a learned generator are recognized, by another network too.',
      theirs: 'recognizable at a glance',
      ours: `an independent network recognizes ${shareOf(generator)}, of the class it knows least ${percent(generator.leastRecognized)}`,
      agrees: agreementOf([generator.recognized >= 0.95]),
    },
    {
      ...common,
      claim: 'Without a prior, plain pixels become noise that only the one network understands.',
      theirs: 'unrecognizable',
      ours: `an independent network recognizes ${shareOf(pixels)} of the images from plain pixels, ${shareOf(fourier)} of those from Fourier coefficients`,
      agrees: agreementOf([pixels.recognized < 0.5]),
    },
    {
      ...common,
      claim: 'All of them excite the unit as much as real images do.',
      theirs: 'high activation',
      ours: drawn
        .map(({ method, leastRatio }) => `${method}: at least ${leastRatio.toFixed(2)} of the best real image`)
        .join('; '),
      agrees: agreementOf(drawn.map(({ leastRatio }) => leastRatio >= wanted - 0.005)),
    },
  ];
}

const shareOf = ({ recognized, interval: [low, high] }: MethodQuality): string =>
  `${percent(recognized)} (${Math.round(100 * low)}–${percent(high)})`;

const percent = (share: number): string => `${Math.round(100 * share)} %`;
