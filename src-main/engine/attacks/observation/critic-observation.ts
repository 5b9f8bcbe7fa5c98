import { defineObservationAttack } from '../../definitions';
import { climb } from '../../rl/climb';
import { expectedLoss } from '../../rl/score-losses';
import { boxParams, inBox } from '../observation-budget';
import { ascended, deriveStepSize, stepParams } from '../score-ascent';

/**
 * Critic-based attack (Pattanaik et al. 2018): the agent's own judgement is turned against it. An agent that values
 * actions is led to where its policy expects least of them, valued in the true observation s,
 *
 *     ŝ = argmin Σ softmax(Q(ŝ))ₐ · Q(s, a);
 *
 * one with a critic beside its policy to where the critic sees least, ŝ = argmin V(ŝ).
 */
export default defineObservationAttack({
  id: 'critic-observation',
  title: 'Critic-based',
  summary:
    'Leads the agent by its own values to the actions that it thinks worst, or to where its critic sees least. Looks at what an error costs, but trusts a critic that knows little of where the agent never was.',
  limits: 'On grids the same idea is lowest-value. A critic of states says nothing of which action is wrong.',
  formula: 'min over o′ in B(o, ε) of Q(o, π(o′))',
  reference: {
    authors: 'A. Pattanaik, Z. Tang, S. Liu, G. Bommannan, G. Chowdhary',
    title: 'Robust deep reinforcement learning with adversarial attacks',
    year: 2018,
    where: 'AAMAS, arXiv:1712.03632',
  },
  knowledge: 'white-box',
  requires: ['gradients', 'critic', 'box-observations'],
  params: { ...boxParams, ...stepParams },
  ...inBox,
  derive: deriveStepSize,
  perturb(observations, policy, { steps, stepSize }, { ball, random }) {
    const { judge, actions } = policy;
    if (!judge)
      return ascended(
        observations,
        policy,
        (values) => expectedLoss(values, actions),
        { steps, stepSize },
        { ball, random },
      );
    const dismay = (rows: Float32Array) => {
      const { values, gradient } = judge(rows);
      return { loss: values.map((value) => -value), gradient: gradient.map((slope) => -slope) };
    };
    return climb(observations, dismay, ball, { steps, stepSize, langevin: false }, random);
  },
});
