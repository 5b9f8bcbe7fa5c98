import type { Random } from '../../contract/random';
import type { Ball } from './ball';

export interface Climbing {
  steps: number;
  /** In units of the ball. */
  stepSize: number;
  /** Noise that falls with the steps is added (stochastic gradient Langevin dynamics). */
  langevin: boolean;
  /** Begins once more, opposite the first start: where a loss rises to both sides, each is climbed. */
  mirrored?: boolean;
}

/**
 * Gradient steps from a random start within the ball; the best observation met is kept for each row. Langevin noise is
 * added to the gradient before its direction is taken, √(2·stepSize)/(k + 2) times a standard normal in step k, as in
 * the code of H. Zhang et al. 2020 (arXiv:2003.08938).
 *
 * @param at loss of each row, to be made large, and its gradient in the observations
 */
export function climb(
  truth: Float32Array,
  at: (observations: Float32Array) => { loss: Float32Array; gradient: Float32Array },
  ball: Ball,
  { steps, stepSize, langevin, mirrored }: Climbing,
  random: Random,
): Float32Array {
  const { size } = ball;
  const best = truth.slice();
  const highest = new Float32Array(truth.length / size).fill(-Infinity);
  const first = ball.draw(truth, random);
  const starts = mirrored ? [first, first.map((value, i) => 2 * truth[i]! - value)] : [first];
  for (const start of starts) {
    let current = ball.project(truth, start);
    for (let step = 0; step <= steps; step++) {
      const { loss, gradient } = at(current);
      loss.forEach((value, row) => {
        if (!(value > highest[row]!)) return;
        highest[row] = value;
        best.set(current.subarray(row * size, (row + 1) * size), row * size);
      });
      const noise = langevin ? Math.sqrt(2 * stepSize) / (step + 2) : 0;
      const direction = langevin ? gradient.map((slope) => slope + noise * random.normal()) : gradient;
      current = ball.project(truth, ball.ascend(current, direction, stepSize));
    }
  }
  return best;
}
