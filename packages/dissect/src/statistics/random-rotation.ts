import { checker, createRandom } from '@cnnviz/internal';
import { determinant, EigenvalueDecomposition, Matrix, MatrixTransposeView, QrDecomposition } from 'ml-matrix';

/** A rotation of the space of the units' activations. */
export interface Rotation {
  units: number;
  /** `[units, units]`, row by row, orthogonal, of determinant 1: from row vectors of activations to new ones. */
  matrix: Float32Array;
}

export interface RandomRotationOptions {
  /** How many a layer has. */
  units: number;
  /** Seed of the rotation, a whole number >= 0. Default: 0. */
  seed?: number;
  /** How much of the rotation: the power Q^amount, from 0, none, to 1, all of it. Default: 1. */
  amount?: number;
}

/**
 * A rotation drawn evenly from all there are: the control of network dissection. If what units detect were a property of
 * the space of activations, and not of the units, directions turned at random would detect as much.
 *
 * Q of A = Q R, with normal numbers in A and a positive diagonal of R, is even over all orthogonal matrices; half of
 * them mirror, and there one direction is turned round. Q^amount turns each of the planes that Q turns by `amount` of its
 * angle, the shorter way. Parts of a rotation take some seconds for 512 units, whole ones less.
 *
 * @throws RangeError if an option is outside its range.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, section
 *   3.2.
 * @see Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54, 2007,
 *   https://arxiv.org/abs/math-ph/0609050.
 *
 * @example
 * import { randomRotation, rotateUnits } from '@cnnviz/dissect';
 *
 * const half = randomRotation({ units: 6, seed: 0, amount: 0.5 });
 * const maps = rotateUnits(probe, half)(images);
 */
export function randomRotation(options: RandomRotationOptions): Rotation {
  const check = checker('@cnnviz/dissect', 'randomRotation');
  const { seed = 0, amount = 1 } = check.options(options);
  const units = check.number('units', options.units, { integer: true, min: 1 });
  check.number('amount', amount, { min: 0, max: 1 });
  const random = createRandom(check.seed('seed', seed));
  const normal = Matrix.zeros(units, units);
  for (let row = 0; row < units; row++) {
    for (let column = 0; column < units; column++) normal.set(row, column, random.normal());
  }
  if (amount === 0) return { units, matrix: floatsOf(Matrix.eye(units)) };
  const rotation = rotationOf(normal);
  return { units, matrix: floatsOf(amount === 1 ? rotation : power(rotation, amount)) };
}

/** Q of `matrix` = Q R with a positive diagonal of R, without mirroring. */
function rotationOf(matrix: Matrix): Matrix {
  const { orthogonalMatrix, upperTriangularMatrix } = new QrDecomposition(matrix);
  for (let column = 0; column < orthogonalMatrix.columns; column++) {
    if (upperTriangularMatrix.get(column, column) < 0) orthogonalMatrix.mulColumn(column, -1);
  }
  if (determinant(orthogonalMatrix) < 0) orthogonalMatrix.mulColumn(0, -1);
  return orthogonalMatrix;
}

/**
 * Q + Qᵀ has each plane that Q turns as a pair of equal eigenvalues, 2 cos(angle), so that its eigenvectors span the
 * planes; the one that is left where their number is odd stays where it is.
 */
function power(rotation: Matrix, amount: number): Matrix {
  const size = rotation.rows;
  const symmetric = Matrix.add(rotation, new MatrixTransposeView(rotation));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const rising = [...realEigenvalues.keys()].sort((a, b) => realEigenvalues[a]! - realEigenvalues[b]!);
  const axes = eigenvectorMatrix.subMatrixColumn(rising);
  const turned = rotation.mmul(axes);
  // Of each plane the images of its two axes.
  const powered = axes.clone();
  for (let plane = 0; plane + 1 < size; plane += 2) {
    const [first, second] = [axes.getColumn(plane), axes.getColumn(plane + 1)];
    const image = turned.getColumn(plane);
    const angle = amount * Math.atan2(dot(second, image), dot(first, image));
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    powered.setColumn(
      plane,
      first.map((value, index) => cosine * value + sine * second[index]!),
    );
    powered.setColumn(
      plane + 1,
      first.map((value, index) => cosine * second[index]! - sine * value),
    );
  }
  return powered.mmul(new MatrixTransposeView(axes));
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

function floatsOf(matrix: Matrix): Float32Array {
  return Float32Array.from(matrix.to1DArray());
}
