/** Activations within their labels, measured by what is usual: the spread within the other labels, where the poison of one is not. */
import { cholesky, solveLower, solveUpper } from './cholesky';
import { rowsAt } from './features';
import { alongDirection, componentsOf, covarianceOf } from './principal';

/** Spread added in every direction, in shares of the mean one: units that are dead for the other labels have none. */
const RIDGE = 0.01;

/** Where samples lie within their own labels. */
export interface WithinLabels {
  /** Place of each sample along `k` directions, one after the other: k × n values, the label's mean at 0. */
  places: Float32Array[];
  /** Share of each label's variance that these directions hold; 0 for a label without samples, or not wanted. */
  explained: number[];
}

/**
 * Each label's samples on their own `k` first principal components. A component is turned so that its heavier tail is positive: there
 * lies what differs from most of the label. Spread by others: components of L⁻¹x, L Lᵀ being the mean of the other labels' covariances, a
 * robust estimate of a clean label's, as SPECTRE's (Hayase et al. 2021), taken where the poison is not.
 * @param wanted labels whose samples are placed; those of the others are measured alone, and stay at 0
 */
export function withinLabels(
  features: Float32Array,
  classes: Uint32Array[],
  n: number,
  k: number,
  spread: 'others' | 'plain',
  wanted: number[] = [...classes.keys()],
): WithinLabels {
  const width = features.length / n;
  const labels = classes.map((members) =>
    members.length === 0 ? null : covarianceOf(rowsAt(features, members, width), width),
  );
  const present = labels.flatMap((label) => (label ? [label.covariance] : []));
  const together = new Float64Array(width * width);
  for (const one of present) for (let at = 0; at < one.length; at++) together[at]! += one[at]!;
  const places = Array.from({ length: k }, () => new Float32Array(n));
  const explained = classes.map((members, label) => {
    const own = labels[label];
    if (!own || !wanted.includes(label)) return 0;
    const usual =
      spread === 'others' && present.length > 1
        ? usualOf(together, own.covariance, present.length - 1, width)
        : null;
    const factor = usual && cholesky(usual, width);
    const covariance = factor ? measuredBy(factor, own.covariance, width) : own.covariance;
    const { components, variances, total } = componentsOf(covariance, width, k);
    components.forEach((direction, axis) => {
      // v · L⁻¹x = L⁻ᵀv · x
      if (factor) solveUpper(factor, direction);
      const along = alongDirection(own.centred, direction);
      const skew = along.reduce((sum, value) => sum + value ** 3, 0);
      members.forEach((index, row) => (places[axis]![index] = (skew < 0 ? -1 : 1) * along[row]!));
    });
    return total > 0 ? variances.reduce((a, b) => a + b, 0) / total : 0;
  });
  return { places, explained };
}

/** Mean of the `others` covariances that are summed beside the own one, and a little in every direction. */
function usualOf(together: Float64Array, own: Float64Array, others: number, width: number): Float64Array {
  const usual = together.map((sum, at) => (sum - own[at]!) / others);
  let trace = 0;
  for (let k = 0; k < width; k++) trace += usual[k * width + k]!;
  for (let k = 0; k < width; k++) usual[k * width + k]! += trace > 0 ? (RIDGE * trace) / width : 1;
  return usual;
}

/** L⁻¹ C L⁻ᵀ, the covariance of L⁻¹x. C is symmetric, so that its rows are its columns. */
function measuredBy(factor: Float64Array, covariance: Float64Array, width: number): Float64Array {
  const half = covariance.slice();
  for (let i = 0; i < width; i++) solveLower(factor, half.subarray(i * width, (i + 1) * width));
  const measured = new Float64Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++) measured[j * width + i] = half[i * width + j]!;
  for (let i = 0; i < width; i++) solveLower(factor, measured.subarray(i * width, (i + 1) * width));
  return measured;
}
