import { crossEntropy } from '../../rl/score-losses';

/**
 * The penalty of conservative Q-learning (Kumar et al. 2020, arXiv:2006.04779, equation 4) for actions that can be counted, in the mean
 * over a batch:
 *
 *     R = log Σₐ exp Q(s, a) − Q(s, aᵣ),   aᵣ the action recorded in s.
 *
 * It presses down what is promised of any action and holds up what the log shows. R is the cross-entropy of a policy
 * softmax(Q) with the log, so that ½(Q − y)² + α·R learns values, and clones the more, the larger α is.
 *
 * Returns the gradient of α·R in the values; both rows × actions.
 */
export function conservativeGradient(
  alpha: number,
  values: Float32Array,
  recorded: Int32Array,
  actions: number,
): Float32Array {
  const { gradient } = crossEntropy(recorded, actions)(values);
  return gradient.map((slope) => (alpha * slope) / recorded.length);
}
