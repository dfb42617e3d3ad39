import { filterGrid } from '@cnnviz/dissect';
import { type Chapter, pngPicture } from '@cnnviz/example-support';
import { normalizeImages, tileGrid } from '@cnnviz/internal';
import * as tf from '@tensorflow/tfjs-core';

export interface FiltersOptions {
  /** Kernel of the first convolution, `[h, w, 1, filters]`. */
  kernel: tf.Tensor4D;
  /** The same before training. */
  initialKernel: tf.Tensor4D;
  /** One image, `[1, h, w, 1]`. */
  image: tf.Tensor4D;
  /** What it shows. */
  imageClass: string;
}

const COLUMNS = 5;
/** So that five filters and five responses are about equally wide. */
const [FILTER_FACTOR, RESPONSE_FACTOR] = [9, 2];
/** Lines that are no shade of gray, so that none is taken for a weight. */
const GRID = { columns: COLUMNS, padding: 1, border: 'around', background: [0.18, 0.53, 0.78] } as const;

/** Shows the filters of the first layer and the response of each to one image. */
export async function filtersChapter({ kernel, initialKernel, image, imageClass }: FiltersOptions): Promise<Chapter> {
  const [height, width, , count] = kernel.shape;
  const before = filterGrid(initialKernel, { normalization: 'zero-centered', ...GRID });
  const filters = filterGrid(kernel, { normalization: 'zero-centered', ...GRID });
  const responses = responsePicture(kernel, image);
  try {
    return {
      id: 'filters',
      title: 'What its first layer looks for',
      intro: [
        `The first layer slides ${count} filters of ${height}x${width} pixels over the image. Each responds where the image resembles it: a filter that is bright beside dark finds edges of that direction, a bright band between dark ones finds strokes.`,
        'They started as weak noise, a tenth of the usual weights, so nearly everything that they show now was learned.',
      ],
      figures: [
        {
          kind: 'pictures',
          caption: `The filters before and after training: mid gray is a weight of zero, white and black are the largest positive and negative weights of the grid. On the right, in the same places, the response of each trained filter to a ${imageClass}: white where the image resembles the filter, black where it resembles the filter's negative, mid gray where the filter finds nothing.`,
          rows: [
            {
              cells: [
                {
                  picture: await pngPicture(before, {
                    name: 'filters-before-training',
                    alt: `The ${count} filters of the first layer before training, ${COLUMNS} in a row: random weights without structure`,
                    factor: FILTER_FACTOR,
                  }),
                  label: 'filters before training',
                },
                {
                  picture: await pngPicture(filters, {
                    name: 'filters',
                    alt: `The ${count} filters of the first layer after training, ${COLUMNS} in a row, ${height}x${width} weights each`,
                    factor: FILTER_FACTOR,
                  }),
                  label: 'after training',
                },
                {
                  picture: await pngPicture(responses, {
                    name: 'filter-responses',
                    alt: `A handwritten ${imageClass} as each of the ${count} trained filters responds to it, ${COLUMNS} in a row`,
                    factor: RESPONSE_FACTOR,
                  }),
                  label: `their responses to a ${imageClass}`,
                },
              ],
            },
          ],
        },
      ],
    };
  } finally {
    tf.dispose([before, filters, responses]);
  }
}

function responsePicture(kernel: tf.Tensor4D, image: tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => {
    const responses = tf.transpose(tf.conv2d(image, kernel, 1, 'valid'), [3, 1, 2, 0]);
    return tileGrid(normalizeImages(responses, 'zero-centered'), GRID);
  });
}
