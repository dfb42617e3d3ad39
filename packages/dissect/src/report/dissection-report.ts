import {
  type Check,
  checker,
  type LongWork,
  reportProgress,
  requireLongWork,
  restoring,
  throwIfAborted,
} from '@cnnviz/internal';
import { html, raw } from 'hono/html';
import { checkConceptData, checkConceptImage } from '../data/check-concept-data.ts';
import type { ConceptData } from '../data/concepts.ts';
import { resizeImage } from '../data/resize-image.ts';
import type { Dissection } from '../dissection/dissection.ts';
import { type ComparedDissection, compareWith, type DissectionComparison } from '../statistics/compare-dissections.ts';
import { pictureUrl } from './picture-url.ts';
import { categoryColors, type ReportPictures, reportLayer } from './report-layer.ts';
import { reportScript } from './report-script.ts';
import { reportStyle } from './report-style.ts';

/** How far the pictures of a report are. */
export interface ReportProgress {
  /** Pictures that are in the page. */
  done: number;
  /** Pictures in all. */
  total: number;
}

/** Options of `dissectionReport`. */
export interface DissectionReportOptions extends LongWork<ReportProgress> {
  /** Title of the page. Default: `Network dissection`. */
  title?: string;
  /** Paragraphs at the top of the page. Default: none. */
  intro?: readonly string[];
  /** The data that were dissected, for pictures of top images. Default: no pictures. */
  concepts?: ConceptData;
  /** Top images shown per unit, at most as many as the dissection has. Default: 5. */
  imagesPerUnit?: number;
  /** Longer side of a picture in pixels. Each image is in the page once, about 4 kB at 112. Default: 112. */
  pictureSize?: number;
}

/**
 * Writes the kind of page that NetDissect's users know. For each layer it shows how many units detect what, by category and by
 * concept, and lists all units with concept, IoU, threshold and the images that drive them most, with the unit's mask
 * outlined. The list can be sorted and filtered, also by keyboard, and is readable without JavaScript.
 *
 * The page is self-contained: pictures, style and script are in it. All text is escaped.
 *
 * @param dissections One or several layers or networks, in the order of the page. With the `statistics` of a dissection, its
 *   list has intervals and chance levels, too.
 * @returns The HTML of the page.
 * @throws RangeError if an option is outside its range, there is no dissection, or two have the same names.
 * @throws TypeError if an argument is of another kind.
 * @throws Error if `concepts` are not the data of a dissection.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796.
 *
 * @example
 * import { conceptScenes, dissect, dissectionReport } from '@cnnviz/dissect';
 *
 * const concepts = conceptScenes({ seed: 0, count: 4, size: 32 });
 * const dissection = await dissect({
 *   probe: (images) => images, // the three units red, green and blue
 *   concepts,
 *   upsampling: 'half-pixel',
 *   topImages: 3,
 * });
 * const page = await dissectionReport([{ dissection }], { title: 'Red, green and blue', concepts });
 */
export async function dissectionReport(
  dissections: readonly ComparedDissection[],
  options: DissectionReportOptions = {},
): Promise<string> {
  const check = checker('@cnnviz/dissect', 'dissectionReport');
  check.options(options);
  requireLongWork(check, options);
  const { title = 'Network dissection', intro = [] } = options;
  if (typeof title !== 'string') check.fail('type', 'title', 'a text', title);
  if (!Array.isArray(intro) || intro.some((text) => typeof text !== 'string')) {
    check.fail('type', 'intro', 'a list of texts', intro);
  }
  const imagesPerUnit = check.number('imagesPerUnit', options.imagesPerUnit ?? 5, { integer: true, min: 0 });
  const isList = Array.isArray(dissections) && dissections.every((each) => Array.isArray(each?.dissection?.units));
  if (!isList) check.fail('type', 'dissections', 'a list of { dissection }', dissections);
  if (dissections.length === 0) check.fail('range', 'dissections', 'at least one', dissections);
  const comparison = restoring(check, 'dissections', () => compareWith(check, dissections));
  throwIfAborted(options);
  const perUnit = options.concepts === undefined ? 0 : imagesPerUnit;
  const pictures = await picturesOf(check, dissections, perUnit, options);

  const colors = categoryColors(comparison.categories);
  const headings = comparison.layers.map(({ network, training, layer }) =>
    [network, training, layer].filter((name) => name !== '').join(' · '),
  );
  const sections = restoring(check, 'dissections', () =>
    dissections.map((each, index) =>
      reportLayer(each, { id: `layer-${index}`, heading: headings[index] || 'Units', colors, pictures }),
    ),
  );
  const isRepeated = dissections.some(({ dissection }) => dissection.repeatedLabels === 'netdissect');
  const repeats = isRepeated
    ? ' A pixel that carries a concept more than once counts each time, as in NetDissect, so an IoU can be above 1.'
    : '';
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(reportStyle)}${raw(pictures.style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the layers</a>
<header>
<h1>${title}</h1>
${intro.map((text) => html`<p>${text}</p>\n`)}
<p>A unit fires where its activation, upsampled to the labels, exceeds a threshold that few of its activations reach. Its concept is the one whose pixels agree best with the pixels where it fires, by intersection over union (IoU) over all images. A unit is a detector if this IoU is above ${comparison.iouLimit}.${repeats}</p>
${summary(comparison, headings)}
</header>
<main id="content" tabindex="-1">
${sections}
</main>
<script>${raw(reportScript)}</script>
</body>
</html>
`;
  return (await page).toString();
}

function summary({ layers, categories, categoryDetectors }: DissectionComparison, headings: readonly string[]) {
  const hasChance = layers.some(({ aboveChance }) => aboveChance !== null);
  return html`<p class="note">Unique detectors are counted in two ways: the distinct best concepts of each category, summed over the categories, as in the figures of the paper, and the distinct best concepts overall, as in NetDissect's report. The columns of categories show how many units are above the limit, and how many distinct concepts they detect.</p>
<div class="wide" role="region" aria-label="All layers" tabindex="0">
<table class="summary">
<thead><tr>
<th scope="col">Layer</th><th scope="col">Units</th><th scope="col">Detectors</th>
<th scope="col">Unique, by category</th><th scope="col">Unique, best labels</th>
${hasChance ? html`<th scope="col">Above chance</th>` : ''}
${categories.map((category) => html`<th scope="col">${category}</th>`)}
</tr></thead>
<tbody>
${layers.map((layer, index) => {
  const { network, training, layer: name, units, detectors, uniquePerCategory, uniqueBestLabels, aboveChance } = layer;
  const ofLayer = categoryDetectors.filter(
    (each) => each.network === network && each.training === training && each.layer === name,
  );
  return html`<tr>
<th scope="row"><a href="#layer-${index}">${headings[index] || 'Units'}</a></th>
<td>${units}</td><td>${detectors}</td><td>${uniquePerCategory}</td><td>${uniqueBestLabels}</td>
${hasChance ? html`<td>${aboveChance ?? '–'}</td>` : ''}
${ofLayer.map((each) => html`<td>${each.units}, ${each.uniquePerCategory}</td>`)}
</tr>
`;
})}
</tbody>
</table>
</div>`;
}

/** Makes a style class for each image that is shown, so that it is in the page only once. */
async function picturesOf(
  check: Check,
  dissections: readonly ComparedDissection[],
  perUnit: number,
  options: DissectionReportOptions,
): Promise<ReportPictures & { style: string }> {
  const { concepts } = options;
  const longer = check.number('pictureSize', options.pictureSize ?? 112, { integer: true, min: 1, max: 4096 });
  const names = new Map<number, string>();
  if (concepts === undefined) return { perUnit, names, style: '' };
  checkConceptData(check, 'concepts', concepts);
  for (const { dissection } of dissections) {
    restoring(check, 'dissections', () => requireDataOf(check, dissection, concepts));
  }
  const { imageSize } = concepts;
  const scale = Math.min(1, longer / Math.max(...imageSize));
  const size = imageSize.map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const shown = new Set(
    dissections.flatMap(({ dissection }) =>
      dissection.units.flatMap(({ topImages }) => topImages.slice(0, perUnit).map(({ image }) => image)),
    ),
  );
  let style = '';
  for (const image of shown) {
    const { pixels, name } = checkConceptImage(check, await concepts.read(image), concepts, image);
    names.set(image, name);
    style += `.i${image}{background-image:url(${await pictureUrl(resizeImage(pixels, imageSize, size), size)})}\n`;
    await reportProgress(options, { done: names.size, total: shown.size });
  }
  return { perUnit, names, style };
}

function requireDataOf(check: Check, { layer, images, labelSize, units }: Dissection, concepts: ConceptData): void {
  if (images !== concepts.count || `${labelSize}` !== `${concepts.labelSize}`) {
    check.failBecause(
      'state',
      `concepts are ${concepts.count} images with labels of ${concepts.labelSize.join(' x ')}, the dissection of ${JSON.stringify(layer)} has ${images} with labels of ${labelSize.join(' x ')}`,
    );
  }
  const pixels = labelSize[0] * labelSize[1];
  for (const { unit, topImages } of units) {
    for (const { image, mask } of topImages) {
      check.number(`the top images of unit ${unit}`, image, { integer: true, min: 0, max: images - 1 });
      const isMask = mask.every((run) => run >= 0) && mask.reduce((sum, run) => sum + run, 0) === pixels;
      if (!isMask) check.fail('range', `the mask of unit ${unit} on image ${image}`, `runs of ${pixels} pixels`, mask);
    }
  }
}
