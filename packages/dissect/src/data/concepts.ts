/** A label of pixels or whole images: an object, a part, a material, a texture, a color or a scene. */
export interface Concept {
  /** Its label in label maps: a whole number from 1 to 65535, different for each concept. 0 means no label. */
  number: number;
  /** Any text, shown as it is. */
  name: string;
  /**
   * Its primary category, one of `ConceptData.categories`. Pixels may carry the concept in maps of other categories too; it
   * still counts for this category.
   */
  category: string;
}

/** One image of densely labeled data. */
export interface ConceptImage extends ImageConcepts {
  /** `[height, width, 3]`, RGB, 0 to 255, row by row. */
  pixels: Uint8Array;
  /** `ConceptData.imageSize[0]`. */
  height: number;
  /** `ConceptData.imageSize[1]`. */
  width: number;
}

/** The labels of an image. */
export interface ImageConcepts {
  /** A unique name, such as the path of the image. */
  name: string;
  /**
   * Maps of `ConceptData.labelSize`, row by row, that hold the number of a concept at each pixel, or 0 for no label.
   * A category has several maps if pixels hold several of its labels, the dominant one first, and none if the image is not
   * labeled for it. A concept that two maps hold at one pixel counts once there, unless `repeatedLabels` says otherwise.
   */
  maps: ConceptMap[];
  /** Concepts of the whole image, such as scenes and textures: each counts as if it filled a map. */
  imageLabels: ImageLabel[];
}

/** A label map. */
export interface ConceptMap {
  category: string;
  /** Numbers of concepts, 0 for no label. */
  labels: Uint16Array;
}

/** A label of a whole image. */
export interface ImageLabel {
  category: string;
  /** The number of a concept. */
  label: number;
}

/**
 * Densely labeled images, with which network dissection compares units. All images have the same size, and so do all label
 * maps.
 *
 * Any plain object of this shape will do. `openBroden` reads such data from files, `conceptScenes` renders it.
 */
export interface ConceptData {
  /** In any order; numbers may have gaps. */
  concepts: readonly Concept[];
  /** In the order that results list them. */
  categories: readonly string[];
  /** `[height, width]` of the images. */
  imageSize: readonly [height: number, width: number];
  /** `[height, width]` of the label maps, usually smaller than the images, of the same aspect. */
  labelSize: readonly [height: number, width: number];
  /** How many images there are. */
  count: number;
  /**
   * Returns image `index`, from 0 to `count` - 1, the same each time. Images may be read in any order, repeatedly and several
   * at a time. The caller may change what it gets.
   */
  read(index: number): Promise<ConceptImage>;
  /** Returns the same without the pixels, if that is less work than `read`. Optional. */
  readLabels?(index: number): Promise<ImageConcepts>;
}
