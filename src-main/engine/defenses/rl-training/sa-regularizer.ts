import { choice, integer, number } from '../../../contract/params';
import { boxParams } from '../../attacks/observation-budget';
import { defineRlTrainingDefense } from '../../definitions';
import { Ball } from '../../rl/ball';

/**
 * SA-DQN and SA-PPO (Zhang et al. 2020): beside its task the agent learns to keep its choice everywhere in a ball around
 * what it sees; the penalties are those of `agents/parts/smooth-policy.ts`. The ball grows from nothing.
 */
export default defineRlTrainingDefense({
  id: 'sa-regularizer',
  title: 'State-adversarial regularizer (SA-DQN, SA-PPO)',
  summary:
    'Penalises the agent, while it learns, for every place near what it sees in which it would act otherwise. With interval bounds the steps become certifiable; costs some clean return when kappa or epsilon is large.',
  limits:
    'Of a DQN the margin of values, of PPO the divergence of the policy; kappa is of another size for each.',
  formula: 'min_θ L_RL(θ) + κ · E[max_{o′ in B(o, ε)} D(π_θ(·|o), π_θ(·|o′))]',
  reference: {
    authors: 'H. Zhang, H. Chen, C. Xiao, B. Li, M. Liu, D. Boning, C.-J. Hsieh',
    title: 'Robust deep reinforcement learning against adversarial perturbations on state observations',
    year: 2020,
    where: 'NeurIPS, arXiv:2003.08938',
  },
  params: {
    ...boxParams,
    kappa: number({
      default: 0.1,
      min: 0,
      max: 1e6,
      help: 'κ: weight of the penalty beside the task’s loss.',
    }),
    inner: choice({
      options: ['pgd', 'interval'],
      default: 'interval',
      help: 'How the worst place near an observation is had: by gradient steps, or bounded by interval arithmetic, which is sound and pessimistic.',
    }),
    steps: integer({
      default: 10,
      min: 1,
      max: 1000,
      unit: 'steps',
      help: 'Gradient steps of “pgd”.',
      advanced: true,
    }),
    confidence: number({
      default: 1,
      min: 0,
      max: 1e6,
      help: 'c: of values, how far the best action is to lie above the others; more is not asked. Without meaning for PPO.',
      advanced: true,
    }),
    ramp: number({
      default: 0.6,
      min: 0,
      max: 1,
      unit: 'share of training',
      help: 'Over this share of the training the ball grows from 0 to its size.',
      advanced: true,
    }),
  },
  requires: ['gradients', 'box-observations'],
  slowdown: ({ inner, steps }) => (inner === 'pgd' ? 1.5 + 0.5 * steps : 4),
  regularizer({ epsilon, norm, unit, kappa, inner, steps, confidence, ramp }, progress, space) {
    const share = ramp > 0 ? Math.min(1, progress / ramp) : 1;
    if (share === 0 || kappa === 0) return null;
    return { kappa, inner, steps, confidence, ball: new Ball(space, share * epsilon, norm, unit) };
  },
});
