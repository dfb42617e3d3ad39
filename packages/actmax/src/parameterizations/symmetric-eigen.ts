export interface SymmetricEigen {
  /** Largest first. */
  readonly values: readonly number[];
  /** The unit vector of each value. */
  readonly vectors: readonly (readonly number[])[];
}

/** More than enough: each sweep squares how far off the matrix is. */
const SWEEPS = 30;

/**
 * Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations.
 *
 * @see Golub, Van Loan, "Matrix Computations", section 8.5.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): SymmetricEigen {
  const a = matrix.map((row) => [...row]);
  const size = a.length;
  const vectors = a.map((_, row) => a.map((_, column) => (row === column ? 1 : 0)));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (a[p]![q] === 0) continue;
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
        const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const cos = 1 / Math.hypot(tangent, 1);
        const sin = tangent * cos;
        for (const row of a) rotate(row, p, q, cos, sin);
        rotateRows(a, p, q, cos, sin);
        for (const row of vectors) rotate(row, p, q, cos, sin);
      }
    }
  }
  const order = a.map((_, index) => index).sort((one, other) => a[other]![other]! - a[one]![one]!);
  return {
    values: order.map((index) => a[index]![index]!),
    vectors: order.map((index) => vectors.map((row) => row[index]!)),
  };
}

function rotate(row: number[], p: number, q: number, cos: number, sin: number): void {
  const [atP, atQ] = [row[p]!, row[q]!];
  row[p] = cos * atP - sin * atQ;
  row[q] = sin * atP + cos * atQ;
}

function rotateRows(a: number[][], p: number, q: number, cos: number, sin: number): void {
  const [rowP, rowQ] = [a[p]!, a[q]!];
  a[p] = rowP.map((value, column) => cos * value - sin * rowQ[column]!);
  a[q] = rowQ.map((value, column) => sin * rowP[column]! + cos * value);
}
