import { defineObservationAttack, type Policy } from '../../definitions';
import { greedyActions } from '../../rl/greedy';
import { crossEntropy } from '../../rl/score-losses';
import { inBox, observationParams } from '../observation-budget';

/** Gradient of the cross-entropy with the action chosen on the true observation. */
function doubt(observations: Float32Array, policy: Policy): Float32Array {
  const chosen = greedyActions(policy.scores(observations), policy.actions);
  return policy.gradient!(observations, crossEntropy(chosen, policy.actions)).gradient;
}

/**
 * FGSM on observations (Huang et al. 2017): with a* the action chosen on the true observation s,
 *
 *     ŝ = s + ε · sign ∇ CE(softmax(Q(s)), a*),
 *
 * in L2 along the gradient itself. On a grid s is one-hot, and moving the one from cell i to cell j gains ∇ⱼ − ∇ᵢ to first
 * order: the believed cell is the one of largest gain within k steps, the true one where none gains.
 */
export default defineObservationAttack({
  id: 'fgsm-observation',
  title: 'FGSM on observations',
  summary:
    'Moves every value of the observation by ε in the direction that makes the agent doubt its own choice most. One gradient a step; finds far less than attacks that take many.',
  limits:
    'A weak attack: on CartPole it leaves the return at 500 where ten steps on the KL divergence bring it to 46.',
  formula: 'o′ = o + ε · sign ∇ₒ L(π(o), a*)',
  reference: {
    authors: 'S. Huang, N. Papernot, I. Goodfellow, Y. Duan, P. Abbeel',
    title: 'Adversarial attacks on neural network policies',
    year: 2017,
    where: 'ICLR workshop, arXiv:1702.02284',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: observationParams,
  ...inBox,
  perturb: (observations, policy, { epsilon }, { ball }) =>
    ball.ascend(observations, doubt(observations, policy), epsilon),
  displace(reach, policy) {
    const observations = Float32Array.from(reach, ({ state }) => state);
    const gradient = doubt(observations, policy);
    const states = gradient.length / reach.length;
    return reach.map(({ state, cells }, i) => {
      const gain = (cell: number): number => gradient[i * states + cell]!;
      const best = cells.reduce((found, cell) => (gain(cell) > gain(found) ? cell : found), state);
      return [{ state: best, probability: 1 }];
    });
  },
});
