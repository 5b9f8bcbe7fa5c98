/** Losses of an agent's scores (Q-values or logits), n × actions, with their gradients: what attacks climb. */

/** One loss a row and its gradient in the scores, n × actions. */
export type ScoreLoss = (scores: Float32Array) => { loss: Float32Array; gradient: Float32Array };

/** What is climbed, made from the scores at the true observations. */
export type LossFrom = (truth: Float32Array) => ScoreLoss;

/** Softmax of each row at temperature 1: the policy that scores stand for. */
export function softmax(scores: Float32Array, actions: number): Float32Array {
  const probabilities = new Float32Array(scores.length);
  for (let row = 0; row < scores.length; row += actions) {
    let largest = -Infinity;
    for (let a = 0; a < actions; a++) largest = Math.max(largest, scores[row + a]!);
    let sum = 0;
    for (let a = 0; a < actions; a++) sum += Math.exp(scores[row + a]! - largest);
    for (let a = 0; a < actions; a++) probabilities[row + a] = Math.exp(scores[row + a]! - largest) / sum;
  }
  return probabilities;
}

/** Logarithm of the sum of exponentials of `count` values from `from` on. */
export function logSumExp(values: Float32Array, from: number, count: number): number {
  let largest = -Infinity;
  for (let i = 0; i < count; i++) largest = Math.max(largest, values[from + i]!);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp(values[from + i]! - largest);
  return largest + Math.log(sum);
}

/** Cross-entropy of softmax(scores) with one action a row. */
export const crossEntropy =
  (labels: Int32Array, actions: number): ScoreLoss =>
  (scores) => {
    const gradient = softmax(scores, actions);
    const loss = Float32Array.from(
      labels,
      (label, i) => logSumExp(scores, i * actions, actions) - scores[i * actions + label]!,
    );
    // p − 1 as the others' negative sum: where p rounds to 1, the difference would have lost the direction.
    labels.forEach((label, i) => {
      let others = 0;
      for (let a = 0; a < actions; a++) if (a !== label) others += gradient[i * actions + a]!;
      gradient[i * actions + label] = -others;
    });
    return { loss, gradient };
  };

/** The same with its sign turned: climbing it leads to the actions. */
export const towards = (labels: Int32Array, actions: number): ScoreLoss => {
  const away = crossEntropy(labels, actions);
  return (scores) => {
    const { loss, gradient } = away(scores);
    return { loss: loss.map((value) => -value), gradient: gradient.map((value) => -value) };
  };
};

/** KL(p ‖ softmax(scores)) from fixed probabilities p, n × actions. */
export const divergenceFrom =
  (probabilities: Float32Array, actions: number): ScoreLoss =>
  (scores) => {
    const gradient = softmax(scores, actions);
    const loss = new Float32Array(scores.length / actions);
    loss.forEach((_, i) => {
      const normaliser = logSumExp(scores, i * actions, actions);
      let sum = 0;
      for (let k = i * actions; k < (i + 1) * actions; k++) {
        const p = probabilities[k]!;
        if (p > 0) sum += p * (Math.log(p) - (scores[k]! - normaliser));
        gradient[k]! -= p;
      }
      loss[i] = sum;
    });
    return { loss, gradient };
  };

/** − Σ softmax(scores)ₐ · Qₐ with fixed values Q, n × actions: what the policy is expected to lose. */
export const expectedLoss =
  (values: Float32Array, actions: number): ScoreLoss =>
  (scores) => {
    const gradient = softmax(scores, actions);
    const loss = new Float32Array(scores.length / actions);
    loss.forEach((_, i) => {
      let mean = 0;
      for (let k = i * actions; k < (i + 1) * actions; k++) mean += gradient[k]! * values[k]!;
      loss[i] = -mean;
      for (let k = i * actions; k < (i + 1) * actions; k++) gradient[k]! *= mean - values[k]!;
    });
    return { loss, gradient };
  };

/** max over a ≠ a* of scoreₐ − score of a*: above 0 where another action than a* is preferred. */
export const marginOver =
  (chosen: Int32Array, actions: number): ScoreLoss =>
  (scores) => {
    const gradient = new Float32Array(scores.length);
    const loss = Float32Array.from(chosen, (action, i) => {
      let rival = -1;
      for (let a = 0; a < actions; a++)
        if (a !== action && (rival < 0 || scores[i * actions + a]! > scores[i * actions + rival]!)) rival = a;
      gradient[i * actions + rival] = 1;
      gradient[i * actions + action] = -1;
      return scores[i * actions + rival]! - scores[i * actions + action]!;
    });
    return { loss, gradient };
  };
