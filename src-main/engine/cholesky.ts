/** Symmetric positive definite matrices, n × n, row by row, in doubles. */

/** The lower triangular factor L of a matrix L Lᵀ (Golub & Van Loan, Matrix Computations, §4.2). */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * n + k]! * factor[j * n + k]!;
      factor[i * n + j] = i === j ? Math.sqrt(sum) : sum / factor[j * n + j]!;
    }
  }
  return factor;
}

/** Solves L y = x, in place: of draws with the covariance L Lᵀ it makes ones with the identity. */
export function solveLower(factor: Float64Array, x: Float64Array | Float32Array): void {
  const n = x.length;
  for (let i = 0; i < n; i++) {
    let sum = x[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * x[k]!;
    x[i] = sum / factor[i * n + i]!;
  }
}

/** Solves Lᵀ y = x, in place. */
export function solveUpper(factor: Float64Array, x: Float64Array): void {
  const n = x.length;
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < n; k++) sum -= factor[k * n + i]! * x[k]!;
    x[i] = sum / factor[i * n + i]!;
  }
}

/** The inverse of a matrix, by its factor. */
export function inverse(matrix: Float64Array, n: number): Float64Array {
  const factor = cholesky(matrix, n);
  const result = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let c = 0; c < n; c++) {
    column.fill(0);
    column[c] = 1;
    solveLower(factor, column);
    solveUpper(factor, column);
    for (let i = 0; i < n; i++) result[i * n + c] = column[i]!;
  }
  return result;
}
