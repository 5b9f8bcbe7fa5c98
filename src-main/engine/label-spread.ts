/** Activations measured by what is usual: the spread within the other labels, where the poison of one label is not. */
import { cholesky, solveLower } from './cholesky';
import { rowsAt } from './features';
import { covarianceOf, principalComponents } from './principal';

/** Spread added in every direction, in shares of the mean one: units that are dead for the other labels have none. */
const RIDGE = 0.01;

/**
 * Features in units of the spread that is usual within the other labels: x becomes L⁻¹x, L Lᵀ being the mean of their covariances.
 * A robust estimate of a clean label's covariance, as SPECTRE's (Hayase et al. 2021), taken where the poison is not.
 */
export function againstOthers(features: Float32Array, classes: Uint32Array[], n: number): Float32Array {
  const width = features.length / n;
  const covariances = classes.map((members) =>
    members.length === 0 ? null : covarianceOf(rowsAt(features, members, width), width).covariance,
  );
  const measured = features.slice();
  for (const [label, members] of classes.entries()) {
    const others = covariances.flatMap((one, other) => (one && other !== label ? [one] : []));
    if (others.length === 0) continue;
    const usual = new Float64Array(width * width);
    for (const one of others)
      for (let at = 0; at < usual.length; at++) usual[at]! += one[at]! / others.length;
    let trace = 0;
    for (let k = 0; k < width; k++) trace += usual[k * width + k]!;
    for (let k = 0; k < width; k++) usual[k * width + k]! += trace > 0 ? (RIDGE * trace) / width : 1;
    const factor = cholesky(usual, width);
    for (const index of members) solveLower(factor, measured.subarray(index * width, (index + 1) * width));
  }
  return measured;
}

/** Where samples lie within their own labels. */
export interface WithinLabels {
  /** Place of each sample along `k` directions, one after the other: k × n values, the label's mean at 0. */
  places: Float32Array[];
  /** Share of each label's variance that these directions hold; 0 for a label without samples. */
  explained: number[];
}

/**
 * Each label's samples on their own `k` first principal components. A component is turned so that its heavier tail is positive: there
 * lies what differs from most of the label.
 */
export function withinLabels(
  features: Float32Array,
  classes: Uint32Array[],
  n: number,
  k: number,
): WithinLabels {
  const width = features.length / n;
  const places = Array.from({ length: k }, () => new Float32Array(n));
  const explained = classes.map((members) => {
    if (members.length === 0) return 0;
    const { projected, variances, total } = principalComponents(rowsAt(features, members, width), width, k);
    places.forEach((place, axis) => {
      const skew = projected.reduce((sum, row) => sum + (row[axis] ?? 0) ** 3, 0);
      members.forEach((index, row) => (place[index] = (skew < 0 ? -1 : 1) * (projected[row]![axis] ?? 0)));
    });
    return total > 0 ? variances.reduce((a, b) => a + b, 0) / total : 0;
  });
  return { places, explained };
}
