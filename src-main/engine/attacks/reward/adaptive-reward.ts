import { number } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';
import { targetBounds, targetParams } from '../target-policy';

/**
 * Adaptive targeted poisoning, after the fast adaptive attack of Zhang et al. (2020): the attacker reads the learner's
 * values at every step, and with it what is to be learnt from the step, t = r + γ · max Q(s′, ·). In a target state it pays
 *
 *     r + Δ for the wanted action, while that and t lie below max over the others of Q(s, ·) + η,
 *     r − Δ for another action a, while Q(s, a) and t lie above Q(s, wanted) − η,
 *
 * and r for every other step: those that teach nothing against the target, or not enough to matter.
 */
export default defineRewardAttack({
  id: 'adaptive-reward',
  title: 'Adaptive targeted reward poisoning',
  summary:
    'Reads the learner’s table while it learns and alters a reward only when the step would teach something against the target. Alters far fewer steps than the attack that does not look, and can succeed with smaller changes.',
  limits:
    'Sets each step right by itself; the paper’s fast attack also steers where the learner goes, and its strongest one is itself learnt.',
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
        if (action !== wanted)
          return Math.min(values[action]!, taught) > values[wanted]! - margin ? reward - delta : reward;
        const others = Math.max(...values.filter((_, other) => other !== wanted));
        return Math.max(values[wanted]!, taught) < others + margin ? reward + delta : reward;
      },
    };
  },
});
