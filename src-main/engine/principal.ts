/** Principal components of rows, by orthogonal iteration: deterministic, in doubles. */
import * as tf from '@tensorflow/tfjs';
import { readOut } from './read-out';

export interface Principal {
  /** Directions of largest variance, unit length, largest first: k × width. Signs: the largest entry of each is positive. */
  components: Float64Array[];
  /** Variance along each. */
  variances: number[];
  /** Sum of the variances along all directions. */
  total: number;
  /** Where each row lies on the components, n × k, the mean at 0. */
  projected: Float64Array[];
}

/** Most rounds of the iteration, and by how little a direction turns at the end. */
const ROUNDS = 300;
const TURN = 1e-10;

/** The rows less their mean, and their covariance, width × width. */
export function covarianceOf(
  rows: Float32Array,
  width: number,
): { centred: Float32Array; covariance: Float64Array } {
  const n = rows.length / width;
  const mean = new Float64Array(width);
  for (let row = 0; row < rows.length; row += width)
    for (let k = 0; k < width; k++) mean[k]! += rows[row + k]!;
  for (let k = 0; k < width; k++) mean[k]! /= n;
  const centred = new Float32Array(rows.length);
  for (let row = 0; row < rows.length; row += width)
    for (let k = 0; k < width; k++) centred[row + k] = rows[row + k]! - mean[k]!;
  const sums = readOut(() => {
    const x = tf.tensor2d(centred, [n, width]);
    return tf.matMul(x, x, true, false);
  });
  const covariance = new Float64Array(sums);
  for (let at = 0; at < covariance.length; at++) covariance[at]! /= n;
  return { centred, covariance };
}

/**
 * The `k` first principal components of rows with this covariance, width × width; fewer where there are fewer directions.
 * Orthogonal iteration (Golub & Van Loan, Matrix Computations, §8.2.4).
 */
export function componentsOf(
  covariance: Float64Array,
  width: number,
  k: number,
): Pick<Principal, 'components' | 'variances' | 'total'> {
  let total = 0;
  for (let j = 0; j < width; j++) total += covariance[j * width + j]!;
  // Axes of largest variance are a start that is never orthogonal to all that is sought.
  const order = Array.from({ length: width }, (_, j) => j).sort(
    (a, b) => covariance[b * width + b]! - covariance[a * width + a]! || a - b,
  );
  let basis: Float64Array[] = order
    .slice(0, Math.min(k, width))
    .map((axis) => covariance.slice(axis * width, (axis + 1) * width));
  orthonormalise(basis);
  for (let round = 0; round < ROUNDS; round++) {
    const next = basis.map((vector) => times(covariance, vector));
    orthonormalise(next);
    const turned = Math.max(...next.map((vector, i) => 1 - Math.abs(dot(vector, basis[i]!))));
    basis = next;
    if (turned < TURN) break;
  }
  basis = basis.filter((vector) => dot(vector, vector) > 0);
  for (const vector of basis) {
    const largest = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    if (largest < 0) for (let j = 0; j < width; j++) vector[j]! *= -1;
  }
  const variances = basis.map((vector) => dot(vector, times(covariance, vector)));
  return { components: basis, variances, total };
}

/** The `k` first principal components of n rows of `width` values. */
export function principalComponents(rows: Float32Array, width: number, k: number): Principal {
  const n = rows.length / width;
  const { centred, covariance } = covarianceOf(rows, width);
  const found = componentsOf(covariance, width, k);
  const along = found.components.map((component) => alongDirection(centred, component));
  return {
    ...found,
    projected: Array.from({ length: n }, (_, i) => Float64Array.from(along, (values) => values[i]!)),
  };
}

/** Each row's length along a direction. */
export function alongDirection(rows: Float32Array, direction: Float64Array): Float64Array {
  const width = direction.length;
  const along = new Float64Array(rows.length / width);
  for (let i = 0; i < along.length; i++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += direction[j]! * rows[i * width + j]!;
    along[i] = sum;
  }
  return along;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const width = vector.length;
  const product = new Float64Array(width);
  for (let i = 0; i < width; i++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += matrix[i * width + j]! * vector[j]!;
    product[i] = sum;
  }
  return product;
}

/** Gram–Schmidt, in place; a vector that depends on those before it becomes zero. */
function orthonormalise(vectors: Float64Array[]): void {
  vectors.forEach((vector, i) => {
    const before = Math.sqrt(dot(vector, vector));
    // Twice is enough (Giraud, Langou, Rozložník 2005).
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors.slice(0, i)) {
        const share = dot(vector, other);
        for (let j = 0; j < vector.length; j++) vector[j]! -= share * other[j]!;
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    const scale = length > 1e-9 * before && before > 0 ? 1 / length : 0;
    for (let j = 0; j < vector.length; j++) vector[j]! *= scale;
  });
}
