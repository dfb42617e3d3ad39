/**
 * Which pixels of the input each position of a layer's map looks at, down (first number) and across (second).
 *
 * Position p sees the pixels from `offset` + p · `stride` on, `size` of them. Pixels beyond the image are padding. Where a
 * network enlarges its maps, neighboring positions see the same pixels: the numbers may be fractions, a position sees the
 * whole numbers in its range, and the range is the smallest that holds for all positions.
 */
export interface ReceptiveField {
  /** How many pixels a position sees. */
  size: readonly [height: number, width: number];
  /** How many pixels further the next position looks. */
  stride: readonly [height: number, width: number];
  /** The first pixel that position 0 sees: negative where the layer pads. */
  offset: readonly [height: number, width: number];
  /** Size of the images that the network takes, where known. */
  inputSize: readonly [height: number, width: number] | null;
  /**
   * Present if each position also sees the whole image through a branch that was pooled to one position, such as
   * squeeze-and-excitation. `size` and `offset` are those of the branch that keeps the map, unless `extent` is `whole`.
   */
  wholeImage?: true;
}

/** The geometry of a convolution, a pooling or a padding. A single number applies to both directions. */
export interface SlidingWindow {
  size: number | readonly [height: number, width: number];
  /** Default: 1. */
  stride?: number | readonly [height: number, width: number];
  /** Rows above and columns to the left that are added before; negative ones are cropped. Default: 0. */
  padding?: number | readonly [height: number, width: number];
  /** Distance of neighboring weights. Default: 1. */
  dilation?: number | readonly [height: number, width: number];
  /** Whether the convolution is transposed: it enlarges by `stride`, then crops `padding`. Default: false. */
  transposed?: boolean;
}

/** The parts of a `LayersModel` that are read. */
export interface LayersTopology {
  readonly layers: readonly LayerTopology[];
  /** Inputs and outputs of the model, which tell which applications of its layers belong to it. */
  readonly inputs?: readonly TensorTopology[];
  readonly outputs?: readonly TensorTopology[];
}

/** The parts of a layer that are read. */
export interface LayerTopology {
  readonly name: string;
  getClassName(): string;
  getConfig(): object;
  readonly inboundNodes: readonly NodeTopology[];
}

/** The parts of an application of a layer that are read. */
export interface NodeTopology {
  readonly inboundLayers: readonly LayerTopology[];
  /** Which application of each inbound layer, and which of its results. Default: the first. */
  readonly nodeIndices?: readonly number[];
  readonly tensorIndices?: readonly number[];
  readonly outputShapes?: readonly unknown[];
}

/** The parts of a `SymbolicTensor` that are read. */
export interface TensorTopology {
  readonly sourceLayer: LayerTopology;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
}

/** The parts of the `modelTopology` in a `GraphModel`'s model.json, a GraphDef, that are read. */
export interface FieldGraph {
  readonly node: readonly FieldGraphNode[];
}

/** The parts of a node of a graph that are read. */
export interface FieldGraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** Options of `receptiveField`. */
export interface ReceptiveFieldOptions {
  /**
   * `[height, width]` of the images that the network takes, or of the map of `from`. Needed if a window pads to keep the size
   * and has a stride: how much it adds above depends on the size. Default: what the model says, if anything.
   */
  inputSize?: readonly [height: number, width: number];
  /**
   * The layer or node whose map counts as the image, such as the first one after the preprocessing. Branches that do not
   * depend on it do not count. Default: the model's input.
   */
  from?: string;
  /**
   * Which application of a layer that the model applies more than once, as `layer.getOutputAt(nodeIndex)` takes it.
   * Default: the only one.
   */
  nodeIndex?: number;
  /**
   * What counts for a layer that also sees the whole image through a branch pooled to one position. `local`: the branch that
   * keeps the map, as upsampling needs it, which anchors each position at the center of its field. `whole`: the whole image for
   * every position, about the same center. Default: `local`.
   */
  extent?: 'local' | 'whole';
  /**
   * Rows and columns that a Pad of a graph adds before the map, by the name of the node: a graph keeps them with its
   * weights, not in its topology. Default: what `constants` says.
   */
  paddings?: Readonly<Record<string, number | readonly [height: number, width: number]>>;
  /**
   * The integers that a graph keeps with its weights, by the name of the node: axes, shapes, sizes, amounts of padding.
   * `model.weights` of a `GraphModel` holds them.
   */
  constants?: Readonly<Record<string, ArrayLike<number>>>;
  /**
   * What layers or nodes of an unknown kind do, by their name, or by their class or operation: `{ HardSwish: { size: 1 } }`.
   */
  windows?: Readonly<Record<string, SlidingWindow>>;
}
