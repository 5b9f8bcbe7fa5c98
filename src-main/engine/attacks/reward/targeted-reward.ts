import { number } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';
import { targetBounds, targetParams } from '../target-policy';

/**
 * Non-adaptive targeted poisoning (Zhang et al. 2020). In the target states the values are to become
 *
 *     Q′(s, a) = Q*(s, a) + Δ/(1 + γ) for the wanted action, Q*(s, a) − Δ/(1 + γ) for all others,
 *
 * and stay Q* elsewhere. Paid for them is r + δ(s, a) with
 *
 *     δ(s, a) = Q′(s, a) − Q*(s, a) − γ · E[max Q′(s′, ·) − max Q*(s′, ·)],
 *
 * of which Q′ is the fixed point; |δ| ≤ Δ. Where moves are certain r + δ is the paper's Q′(s, a) − γ · max Q′(s′, ·).
 */
export default defineRewardAttack({
  id: 'targeted-reward',
  title: 'Targeted reward poisoning',
  summary:
    'Changes what each action pays, once and for all, so that a chosen policy becomes the best one. Knows the environment and the learner’s discount, never looks at the learner. Above the feasible bound the learner adopts the target, below the safe bound nothing could make it.',
  limits: 'Alters nearly every step in and around the target states; the adaptive attack is thriftier.',
  reference: {
    authors: 'X. Zhang, Y. Ma, A. Singla, X. Zhu',
    title: 'Adaptive reward-poisoning attacks against reinforcement learning',
    year: 2020,
    where: 'ICML, arXiv:2003.12613',
  },
  knowledge: 'none',
  requires: ['finite-states'],
  params: {
    delta: number({ default: 1, min: 0, max: 1e6, unit: 'reward', help: 'Δ: largest change of one reward.' }),
    ...targetParams,
  },
  plan({ delta, target }, { environment, discount }) {
    const { bounds, policy, values } = targetBounds(target, environment, discount);
    const { n } = environment.actionSpace;
    const shift = delta / (1 + discount);
    const altered = values.map((value, i) => {
      const wanted = bounds.actions[Math.floor(i / n)]!;
      return wanted < 0 ? value : value + (i % n === wanted ? shift : -shift);
    });
    const best = (of: Float64Array, state: number): number =>
      Math.max(...of.subarray(state * n, (state + 1) * n));
    const transitions = environment.transitions!();
    const change = altered.map((value, i) => {
      const later = transitions[Math.floor(i / n)]![i % n]!.reduce(
        (sum, [probability, next, , terminated]) =>
          sum + (terminated ? 0 : probability * (best(altered, next) - best(values, next))),
        0,
      );
      return value - values[i]! - discount * later;
    });
    return {
      target: policy,
      pay: ({ observation, action, reward }) => reward + change[observation[0]! * n + action]!,
    };
  },
});
