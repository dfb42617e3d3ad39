import { type Dissection, uniqueDetectors } from '@cnnviz/dissect';
import { agreementOf, type Claim } from '@cnnviz/example-support';
import { type Control, controlledLayer } from './controls.ts';
import type { PublishedTally } from './published-tallies.ts';

/** Claims about the tables that NetDissect's authors published, recounted. */
export function tallyClaims(tallies: readonly PublishedTally[]): Claim[] {
  const cells = tallies.reduce((sum, { recomputed }) => sum + recomputed.cells, 0);
  const difference = Math.max(...tallies.map(({ recomputed }) => recomputed.difference));
  const alexNet = tallies.find(({ name }) => name === 'caffe_reference_places365');
  const common = { source: 'tables of the NetDissect release', seeds: 1 };
  return [
    {
      ...common,
      claim: "Every IoU of NetDissect's tables follows from their counts of pixels.",
      theirs: `${cells} values`,
      ours: `at most ${difference.toExponential(1)} from all of them`,
      on: tallies.map(({ name }) => name).join(', '),
      agrees: agreementOf([cells > 0 && difference <= 1e-12]),
    },
    ...(alexNet === undefined
      ? []
      : [
          {
            ...common,
            claim: 'AlexNet, trained on Places365, has 118 detectors: 91 unique by category, 72 by best label.',
            theirs: '118, 91, 72',
            ours: [alexNet.counts.detectors, alexNet.counts.uniquePerCategory, alexNet.counts.uniqueBestLabels].join(
              ', ',
            ),
            on: alexNet.name,
            agrees: agreementOf([
              alexNet.counts.detectors === 118,
              alexNet.counts.uniquePerCategory === 91,
              alexNet.counts.uniqueBestLabels === 72,
            ]),
          },
        ]),
  ];
}

/**
 * Claims about deeper layers, and about networks that learned less.
 *
 * @param dissections Dissections of the layers, from the image on, and of the controls, as `dissectNetwork` returns them.
 */
export function dissectionClaims(
  dissections: readonly Dissection[],
  { layers, on }: { layers: readonly string[]; on: string },
): Claim[] {
  if (layers.length < 2) return [];
  const countsOf = (layer: string) => {
    const found = dissections.find((dissection) => dissection.layer === layer);
    return found && { ...uniqueDetectors(found.units, found), byCategory: detectorsByCategory(found) };
  };
  const deepest = layers.at(-1)!;
  const ofLayers = layers.map((layer) => ({ layer, ...countsOf(layer)! }));
  const [first, last] = [ofLayers[0]!, ofLayers.at(-1)!];
  const common = { on, seeds: 1 };
  const against = (name: Control['name']) => countsOf(controlledLayer(deepest, { name }));
  const told = (name: string, { uniquePerCategory, uniqueBestLabels, byCategory }: typeof last) =>
    `${name} ${uniquePerCategory} and ${uniqueBestLabels} unique, ${byCategory.object} of objects`;
  const [turned, untrained] = [against('turned at random'), against('untrained')];
  return [
    {
      ...common,
      claim: 'Early layers detect colors and textures, deep ones objects.',
      source: 'Bau, Zhou et al. 2017, section 3.2',
      theirs: 'colors and textures dominate in conv1 and conv2 of AlexNet, objects in conv5',
      ours: ofLayers
        .map(
          ({ layer, byCategory: { surface, object } }) =>
            `${layer}: ${surface} of colors and textures, ${object} of objects`,
        )
        .join('; '),
      agrees: agreementOf([
        first.byCategory.surface > first.byCategory.object,
        last.byCategory.object > last.byCategory.surface,
      ]),
    },
    ...(untrained === undefined
      ? []
      : [
          {
            ...common,
            claim: 'A trained network has far more unique detectors than one with random weights.',
            source: 'Bau, Zhou et al. 2017, section 3.4, and its published counts',
            theirs: 'AlexNet: 2 unique by category untrained, 61 trained on ImageNet',
            ours: `${deepest}: ${told('trained', last)}; ${told('untrained', { layer: '', ...untrained })}`,
            agrees: agreementOf([
              last.uniquePerCategory > 1.5 * untrained.uniquePerCategory,
              last.uniqueBestLabels > 1.5 * untrained.uniqueBestLabels,
              last.byCategory.object > 4 * untrained.byCategory.object,
            ]),
          },
        ]),
    ...(turned === undefined
      ? []
      : [
          {
            ...common,
            claim: 'Units detect far more different concepts than directions of their space at random.',
            source: 'Bau, Zhou et al. 2017, section 3.2',
            theirs: 'a whole rotation of conv5 of AlexNet takes 80 % of the unique detectors',
            ours: `${deepest}: ${told('units', last)}; ${told('turned at random', { layer: '', ...turned })}`,
            agrees: agreementOf([
              last.uniquePerCategory > 1.5 * turned.uniquePerCategory,
              last.uniqueBestLabels > 1.5 * turned.uniqueBestLabels,
            ]),
          },
        ]),
  ];
}

/** Counts detectors whose best concept is a color or a texture, and detectors whose best concept is an object. */
function detectorsByCategory({ units }: Dissection): { surface: number; object: number } {
  const categories = units.flatMap(({ isDetector, best }) => (isDetector ? [best!.concept.category] : []));
  return {
    surface: categories.filter((category) => category === 'color' || category === 'texture').length,
    object: categories.filter((category) => category === 'object').length,
  };
}
