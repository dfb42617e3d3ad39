/**
 * Something that pixels or whole images may be labeled with: an object, a part, a material, a texture, a color, a scene.
 */
export interface Concept {
  /** What stands for it in label maps: a whole number from 1 to 65535, each concept its own. 0 is no label. */
  number: number;
  /** Any text, shown as it is. */
  name: string;
  /**
   * Its primary category, one of `ConceptData.categories`. Pixels may carry it in the maps of other categories too: what
   * counts as the concept's category is this one.
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

/** What an image is labeled with. */
export interface ImageConcepts {
  /** Tells the image from all others, such as its path. */
  name: string;
  /**
   * Maps of `ConceptData.labelSize`, row by row, that hold the number of a concept at each pixel, or 0 for no label.
   * Several of one category where pixels hold several labels of it, the dominant one first; none where the image is not
   * labeled for a category. A concept that two maps hold at one pixel counts once there, or as `repeatedLabels` says.
   */
  maps: ConceptMap[];
  /** Concepts of the whole image, such as scenes and textures: each counts as if it filled a map. */
  imageLabels: ImageLabel[];
}

export interface ConceptMap {
  category: string;
  /** Numbers of concepts, 0 for no label. */
  labels: Uint16Array;
}

export interface ImageLabel {
  category: string;
  /** The number of a concept. */
  label: number;
}

/**
 * Densely labeled images: what network dissection compares units with. All images have one size, and so have all label
 * maps.
 *
 * A plain object of these will do; `openBroden` reads such data from files, `conceptScenes` renders it.
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
   * Image `index`, from 0 to `count` - 1. May be asked for in any order, more than once and several at a time, and gives
   * the same each time. What it returns is the caller's.
   */
  read(index: number): Promise<ConceptImage>;
  /** The same without the pixels, where that is less work than `read`. Optional. */
  readLabels?(index: number): Promise<ImageConcepts>;
}
