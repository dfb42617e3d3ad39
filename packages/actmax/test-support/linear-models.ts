import type { Trainable } from '@cnnviz/internal';
import type { Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Encoder } from '../src/generators/encoder.ts';
import type { TrainableGenerator } from '../src/generators/upconvolutional-generator.ts';

/** Rows of numbers: [inputs][outputs]. */
export type Matrix = readonly (readonly number[])[];

/** Of images [n, h, w, c] flattened to rows: what each is multiplied by. */
export function linearEncoder(matrix: Matrix): Encoder {
  return (images) =>
    tf.tidy(() => tf.matMul(tf.reshape(images, [images.shape[0], matrix.length]), matrixOf(matrix)) as Tensor2D);
}

/** Codes times a matrix, as images of a shape; the matrix is its variable. */
export function linearGenerator(
  matrix: Matrix,
  [height, width, channels]: readonly [number, number, number],
): TrainableGenerator & { variables: [Variable] } {
  const variable = tf.tidy(() => tf.variable(matrixOf(matrix)));
  return {
    variables: [variable],
    apply: (codes) =>
      tf.tidy(() =>
        tf.reshape(tf.matMul(codes, variable as unknown as Tensor2D), [codes.shape[0], height, width, channels]),
      ) as Tensor4D,
  };
}

/** Logits of images times a column, without bias. */
export function linearDiscriminator(column: readonly number[]): Trainable & { variables: [Variable] } {
  const variable = tf.tidy(() => tf.variable(matrixOf(column.map((weight) => [weight]))));
  return {
    variables: [variable],
    apply: (images) =>
      tf.tidy(() =>
        tf.matMul(tf.reshape(images, [images.shape[0], column.length]), variable as unknown as Tensor2D),
      ) as Tensor2D,
  };
}

function matrixOf(matrix: Matrix): Tensor2D {
  return tf.tensor2d(matrix.map((row) => [...row]));
}

/** In float64. */
export function multiply(a: Matrix, b: Matrix): number[][] {
  return a.map((row) =>
    b[0]!.map((_, column) => row.reduce((sum, value, inner) => sum + value * b[inner]![column]!, 0)),
  );
}

export function transpose(matrix: Matrix): number[][] {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}

/** Each place of matrices of one shape. */
export function combine(combination: (...values: number[]) => number, ...matrices: Matrix[]): number[][] {
  return matrices[0]!.map((row, i) => row.map((_, j) => combination(...matrices.map((matrix) => matrix[i]![j]!))));
}
