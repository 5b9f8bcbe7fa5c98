import { number } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';
import { targetBounds, targetParams } from '../target-policy';

/**
 * Adaptive targeted poisoning, after the fast adaptive attack of Zhang et al. (2020): the attacker reads the learner's
 * values at every step and alters the reward only when what would be learnt from it, t = r + γ · max Q(s′, ·), stands
 * against the target in s:
 *
 *     the wanted action is to learn at least max over the others of Q(s, ·) + η,
 *     every other action at most Q(s, wanted) − η,
 *
 * each as far as |δ| ≤ Δ goes.
 */
export default defineRewardAttack({
  id: 'adaptive-reward',
  title: 'Adaptive targeted reward poisoning',
  summary:
    'Reads the learner’s table while it learns and alters a reward only when the step would teach something against the target. Alters far fewer steps than the attack that does not look, and can succeed with smaller changes.',
  limits:
    'Sets each step right by itself; the paper’s attack also steers where the learner goes, and its strongest one is itself learnt.',
  reference: {
    authors: 'X. Zhang, Y. Ma, A. Singla, X. Zhu',
    title: 'Adaptive reward-poisoning attacks against reinforcement learning',
    year: 2020,
    where: 'ICML, arXiv:2003.12613',
  },
  knowledge: 'white-box',
  requires: ['finite-states', 'action-values'],
  params: {
    delta: number({ default: 1, min: 0, max: 1e6, unit: 'reward', help: 'Δ: largest change of one reward.' }),
    ...targetParams,
    margin: number({
      default: 0.1,
      min: 0,
      max: 1e6,
      unit: 'value',
      help: 'η: by how much the wanted action is to be valued above the others.',
      advanced: true,
    }),
  },
  plan({ delta, target, margin }, { environment, discount }) {
    const { policy } = targetBounds(target, environment, discount);
    return {
      target: policy,
      pay({ observation, action, reward, next, terminated }, learner) {
        const wanted = policy.wanted(observation);
        if (wanted === null) return reward;
        const values = learner.scores(observation);
        const taught = reward + (terminated ? 0 : discount * Math.max(...learner.scores(next)));
        if (action !== wanted) return reward - within(0, delta, taught - (values[wanted]! - margin));
        const others = Math.max(...values.filter((_, other) => other !== wanted));
        return reward + within(0, delta, others + margin - taught);
      },
    };
  },
});

const within = (low: number, high: number, value: number): number => Math.max(low, Math.min(high, value));
