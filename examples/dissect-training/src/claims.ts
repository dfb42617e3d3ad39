import { type Dissection, uniqueDetectors } from '@cnnviz/dissect';
import { agreementOf, type Claim } from '@cnnviz/example-support';
import type { Outcome } from './experiment.ts';

/** Claims about detectors that emerge without labels of objects, and about what becomes of them. */
export function emergenceClaims({ phases, scale, seed }: Pick<Outcome, 'phases' | 'scale' | 'seed'>): Claim[] {
  const [learned, tuned] = [phases[0]!, phases[1]!];
  const [before, after, retrained] = [learned.epochs[0]!, learned.epochs.at(-1)!, tuned.epochs.at(-1)!];
  const layers = after.dissections.map(({ layer }) => layer);
  const deepest = layers.length - 1;
  const objects = after.dissections.map(objectDetectors);
  const unique = learned.epochs.map(({ dissections }) => uniqueDetectors(dissections[deepest]!.units).uniqueBestLabels);
  const rising = objects.slice(1).map((count, index) => count >= objects[index]!);
  const changed = changedConcepts(after.dissections[deepest]!, retrained.dissections[deepest]!);
  const common = { on: `four convolutions, ${scale.trainingScenes} rendered scenes, seed ${seed}`, seeds: 1 };
  return [
    {
      ...common,
      claim: 'Detectors of objects emerge in a network that only learned scenes.',
      source: 'Zhou et al. 2015; Bau, Zhou et al. 2017',
      theirs: 'object detectors appear, none before training',
      ours: `${layers[deepest]}: ${objectDetectors(before.dissections[deepest]!)} before training, ${objects[deepest]} after`,
      agrees: agreementOf([
        objectDetectors(before.dissections[deepest]!) < objects[deepest]! / 4,
        objects[deepest]! > 0,
      ]),
    },
    {
      ...common,
      claim: 'Deeper layers detect more objects.',
      source: 'Bau, Zhou et al. 2017, section 3.2',
      theirs: 'objects dominate in the last layers, colors in the first',
      ours: layers.map((layer, index) => `${layer}: ${objects[index]}`).join(', '),
      agrees: agreementOf([...rising, objects[deepest]! > objects[0]!]),
    },
    {
      ...common,
      claim: 'The number of different concepts that are detected grows over training.',
      source: 'Bau, Zhou et al. 2017, section 3.6; lecture',
      theirs: 'grows',
      ours: `${layers[deepest]}: ${learned.epochs.map(({ epoch }, index) => `${unique[index]} after epoch ${epoch}`).join(', ')}`,
      agrees: agreementOf([unique.at(-1)! > unique[0]!]),
    },
    {
      ...common,
      claim: 'Fine-tuning to another task changes what units detect.',
      source: 'lecture; Zhou et al. 2018',
      theirs: 'units turn into detectors of other concepts',
      ours: `${changed.changed} of ${changed.detectors} detectors of ${layers[deepest]} detect something else or nothing after ${tuned.history.length} epochs on ${tuned.task}s`,
      agrees: agreementOf([changed.changed > changed.detectors / 4]),
    },
  ];
}

function objectDetectors({ units }: Dissection): number {
  return units.filter(({ isDetector, best }) => isDetector && best!.concept.category === 'object').length;
}

function changedConcepts(before: Dissection, after: Dissection): { detectors: number; changed: number } {
  const detectors = before.units.filter(({ isDetector }) => isDetector);
  const changed = detectors.filter(({ best, unit }) => {
    const later = after.units[unit]!;
    return !later.isDetector || later.best!.concept.name !== best!.concept.name;
  });
  return { detectors: detectors.length, changed: changed.length };
}
