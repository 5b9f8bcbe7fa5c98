/** How near a black-box attack is to its goal, read from the scores of the images it asked about. */
import type { Goal } from '../definitions';

/**
 * Score of each image's label above the best other class; negated for a targeted goal, so that the goal is reached where
 * the margin is below 0. `scores` are images × classes, `labels` one an image.
 */
export function margins(scores: Float32Array, labels: ArrayLike<number>, goal: Goal): Float64Array {
  return each(scores, labels, goal, (start, classes, label) => {
    let rival = -Infinity;
    for (let k = 0; k < classes; k++) if (k !== label) rival = Math.max(rival, scores[start + k]!);
    return scores[start + label]! - rival;
  });
}

/**
 * log(p / (1 − p)) of each image's label, negated for a targeted goal. It orders images as the probability p does, but
 * does not saturate where the model is sure.
 */
export function logOdds(scores: Float32Array, labels: ArrayLike<number>, goal: Goal): Float64Array {
  return each(scores, labels, goal, (start, classes, label) => {
    let rival = -Infinity;
    for (let k = 0; k < classes; k++) if (k !== label) rival = Math.max(rival, scores[start + k]!);
    let others = 0;
    for (let k = 0; k < classes; k++) if (k !== label) others += Math.exp(scores[start + k]! - rival);
    return scores[start + label]! - rival - Math.log(others);
  });
}

function each(
  scores: Float32Array,
  labels: ArrayLike<number>,
  goal: Goal,
  lead: (start: number, classes: number, label: number) => number,
): Float64Array {
  const classes = scores.length / labels.length;
  const sign = goal === 'untargeted' ? 1 : -1;
  return Float64Array.from(labels, (label, i) => sign * lead(i * classes, classes, label));
}
