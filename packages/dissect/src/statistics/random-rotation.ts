import { checker, createRandom } from '@cnnviz/internal';
import { determinant, EigenvalueDecomposition, Matrix, MatrixTransposeView, QrDecomposition } from 'ml-matrix';

/** A rotation of the space of the units' activations. */
export interface Rotation {
  units: number;
  /** `[units, units]`, row by row, orthogonal, with determinant 1; multiplied from the right to rows of activations. */
  matrix: Float32Array;
}

/** Options of `randomRotation`. */
export interface RandomRotationOptions {
  /** Units of the layer. */
  units: number;
  /** Seed of the rotation, a whole number >= 0. Default: 0. */
  seed?: number;
  /** How much of the rotation: the power Q^amount, from 0, none, to 1, all of it. Default: 1. */
  amount?: number;
}

/**
 * Draws a rotation uniformly from all rotations: the control of network dissection. If concepts were a property of the space
 * of activations rather than of its units, randomly rotated directions would detect as many.
 *
 * In A = Q R, with normal numbers in A and a positive diagonal in R, Q is distributed uniformly over all orthogonal matrices.
 * Half of these mirror; in them one direction is reversed. Q^amount turns each plane that Q turns by `amount` of its angle, the
 * shorter way. Partial rotations of 512 units take some seconds, whole ones less.
 *
 * @returns Plain data, for `rotateUnits`.
 * @throws RangeError if an option is outside its range.
 * @throws TypeError if an option is of another kind.
 * @see Bau, Zhou, Khosla, Oliva, Torralba, "Network Dissection", CVPR 2017, https://arxiv.org/abs/1704.05796, section
 *   3.2.
 * @see Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54, 2007,
 *   https://arxiv.org/abs/math-ph/0609050.
 *
 * @example
 * import { randomRotation, rotateUnits } from '@cnnviz/dissect';
 *
 * const half = randomRotation({ units: 6, amount: 0.5 });
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
 * In Q + Qᵀ each plane that Q turns has a pair of equal eigenvalues, 2 cos(angle), so the eigenvectors span the planes. If
 * their number is odd, the one that is left stays in place.
 */
function power(rotation: Matrix, amount: number): Matrix {
  const size = rotation.rows;
  const symmetric = Matrix.add(rotation, new MatrixTransposeView(rotation));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const rising = [...realEigenvalues.keys()].sort((a, b) => realEigenvalues[a]! - realEigenvalues[b]!);
  const axes = eigenvectorMatrix.subMatrixColumn(rising);
  const turned = rotation.mmul(axes);
  // The images of the two axes of each plane.
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
