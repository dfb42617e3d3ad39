import type { Check } from '@cnnviz/internal';
import type { ConceptData, ConceptImage, ImageConcepts } from './concepts.ts';

/** Checks that something is densely labeled data; what it reads is checked when it is read. */
export function checkConceptData(check: Check, name: string, data: ConceptData): ConceptData {
  const isData =
    typeof data?.read === 'function' &&
    Array.isArray(data.concepts) &&
    Array.isArray(data.categories) &&
    (data.readLabels === undefined || typeof data.readLabels === 'function');
  if (!isData) check.fail('type', name, 'densely labeled data', data);
  check.number(`${name}.count`, data.count, { integer: true, min: 1 });
  check.shape(`${name}.labelSize`, data.labelSize, 2);
  check.shape(`${name}.imageSize`, data.imageSize, 2);
  return data;
}

/** Checks what `readLabels(index)` gave, as far as counting labels does not. */
export function checkImageConcepts<T extends ImageConcepts>(check: Check, image: T, index: number): T {
  const isImage =
    typeof image?.name === 'string' &&
    Array.isArray(image.maps) &&
    image.maps.every((map) => typeof map === 'object' && map !== null) &&
    Array.isArray(image.imageLabels) &&
    image.imageLabels.every((label) => typeof label === 'object' && label !== null);
  if (!isImage) check.fail('type', `image ${index}`, 'an object with name, maps and imageLabels', image);
  for (const [map, { category }] of image.maps.entries()) {
    if (typeof category !== 'string')
      check.fail('type', `the category of map ${map} of ${image.name}`, 'a name', category);
  }
  for (const { category, label } of image.imageLabels) {
    if (typeof category !== 'string')
      check.fail('type', `the category of a label of ${image.name}`, 'a name', category);
    if (typeof label !== 'number') check.fail('type', `the labels of ${image.name}`, '0 or numbers of concepts', label);
  }
  return image;
}

/** Checks what `read(index)` gave, its pixels too. */
export function checkConceptImage(
  check: Check,
  image: ConceptImage,
  { imageSize: [height, width] }: ConceptData,
  index: number,
): ConceptImage {
  checkImageConcepts(check, image, index);
  if (image.pixels?.length !== height * width * 3) {
    check.fail('range', `the pixels of ${image.name}`, `${height} x ${width} x 3 numbers`, image.pixels);
  }
  return image;
}
