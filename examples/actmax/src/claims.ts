import { agreementOf, type Claim } from '@cnnviz/example-support';
import type { Method } from './draw.ts';

/** Of the images that one method makes of the classes, by class. */
export interface ClassDrawings {
  method: Method;
  /** Probability of the class, without transforms. */
  confidences: number[];
  /** Mean difference of neighboring pixels, as a share of the mean distance from the mean. */
  roughness: number[];
}

/** Of several images of one class. */
export interface Sides {
  meanLogit: number;
  /** Mean root mean square difference of two images, in units of the bounds. */
  distance: number;
  /** What the objective `diversity` measures. */
  diversity: number;
}

interface Measured {
  drawings: readonly ClassDrawings[];
  /** Null where no images were made to differ. */
  diversity: { alone: Sides; apart: Sides } | null;
}

/** That Fourier coefficients under transforms are smoother than pixels, and that differing costs little. */
export function activationClaims(
  { drawings, diversity }: Measured,
  { network, steps }: { network: string; steps: number },
): Claim[] {
  const fourier = drawings.find(({ method }) => method === 'fourier');
  const pixels = drawings.find(({ method }) => method === 'pixels');
  const common = { source: 'Olah, Mordvintsev, Schubert 2017', seeds: 1 };
  const claims: Claim[] = [];
  if (fourier && pixels) {
    const on = `${network}, ${pixels.confidences.length} classes, ${steps} steps`;
    claims.push(
      {
        ...common,
        on,
        claim: 'Plain pixels become noise, of which the network is just as certain.',
        theirs: 'high-frequency noise that the network responds to strongly',
        ours: `mean probability ${mean(pixels.confidences).toFixed(3)} by pixels, ${mean(fourier.confidences).toFixed(3)} by Fourier coefficients under transforms`,
        agrees: agreementOf(pixels.confidences.map((value) => value >= 0.9)),
      },
      {
        ...common,
        on,
        claim: 'Fourier coefficients under transforms remove the high frequencies.',
        theirs: 'shown as pictures',
        ours: `neighboring pixels differ by ${mean(fourier.roughness).toFixed(2)} of the spread of an image, by ${mean(pixels.roughness).toFixed(2)} with pixels`,
        agrees: agreementOf(fourier.roughness.map((value, index) => value < pixels.roughness[index]!)),
      },
    );
  }
  if (diversity) {
    const { alone, apart } = diversity;
    const left = apart.meanLogit / alone.meanLogit;
    claims.push({
      ...common,
      on: `${network}, 4 images of one class, ${steps} steps`,
      claim: 'Diversity raises the distance between images at little loss of activation.',
      theirs: 'shown as pictures',
      ours: `root mean square distance ${alone.distance.toFixed(3)} to ${apart.distance.toFixed(3)}, diversity ${alone.diversity.toFixed(2)} to ${apart.diversity.toFixed(2)}, for ${Math.round(100 * left)} % of the logit`,
      agrees: agreementOf([apart.distance > alone.distance, apart.diversity > alone.diversity, left >= LITTLE_LOSS]),
    });
  }
  return claims;
}

const LITTLE_LOSS = 0.9;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
