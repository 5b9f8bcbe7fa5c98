/** The greedy action of each row of scores: the first arg-max, so that ties are settled alike everywhere. */
export function greedyActions(scores: Float32Array, actions: number): Int32Array {
  const chosen = new Int32Array(scores.length / actions);
  for (let i = 0; i < chosen.length; i++) {
    let best = 0;
    for (let a = 1; a < actions; a++) if (scores[i * actions + a]! > scores[i * actions + best]!) best = a;
    chosen[i] = best;
  }
  return chosen;
}
