import { integer, number } from '../../../contract/params';
import { boxParams } from '../../attacks/observation-budget';
import { defineRlTrainingDefense } from '../../definitions';
import { Adversary, adversaryWork } from '../../rl/adversary';
import { Ball } from '../../rl/ball';

/**
 * Alternating training with a learned adversary (ATLA; Zhang et al. 2021): the agent learns while an adversary perturbs
 * what it sees; in turn the adversary learns against the agent as it is by then, and so on. The same adversary goes on
 * learning from one turn to the next. What the agent sees is drawn from the adversary's policy: always its likeliest move
 * would be a bias to get used to, and the truth something the agent has never seen.
 */
export default defineRlTrainingDefense({
  id: 'atla',
  title: 'Alternating training with a learned adversary (ATLA)',
  summary:
    'Agent and adversary take turns in learning, each against the other as it stands. Hardens against an attacker that plans ahead, not only against the noise of a moment.',
  limits:
    'The adversary’s steps come on top of the agent’s. Without the paper’s recurrent networks and without its regularizer.',
  reference: {
    authors: 'H. Zhang, H. Chen, D. Boning, C.-J. Hsieh',
    title: 'Robust reinforcement learning on state observations with learned optimal adversary',
    year: 2021,
    where: 'ICLR, arXiv:2101.08452',
  },
  params: {
    ...boxParams,
    every: integer({
      default: 8192,
      min: 1,
      max: 100_000_000,
      unit: 'environment steps',
      help: 'Steps of the agent between two turns of the adversary, which come at examinations.',
    }),
    adversarySteps: integer({
      default: 8192,
      min: 512,
      max: 100_000_000,
      unit: 'environment steps',
      help: 'Steps of the adversary in a turn.',
    }),
    learningRate: number({
      default: 0.001,
      min: 0,
      exclusiveMin: true,
      max: 1,
      help: 'Of the adversary, at the start of each turn.',
      advanced: true,
    }),
    ramp: number({
      default: 0.5,
      min: 0,
      max: 1,
      unit: 'share of training',
      help: 'Over this share of the training the ball grows from 0 to its size.',
      advanced: true,
    }),
  },
  requires: ['box-observations'],
  slowdown: ({ every, adversarySteps }) => 1.5 + adversaryWork(adversarySteps) / (0.25 * every),
  sparring({ epsilon, norm, unit, every, adversarySteps, learningRate, ramp }, environment, context) {
    const { observationSpace: space } = environment;
    if (space.kind !== 'box') throw new RangeError('atla needs observations of real values');
    const adversary = new Adversary(environment, learningRate, context);
    const full = new Ball(space, epsilon, norm, unit);
    const drawing = context.random('moves');
    return {
      every,
      ball: (progress) => full.scaled(ramp > 0 ? Math.min(1, progress / ramp) : 1),
      adversary: {
        // From turn to turn it only has to follow the agent.
        catchUp: (policy) => adversary.learn(policy, full, adversarySteps, 1),
        perturb: (observations, ball) => adversary.perturb(observations, ball, drawing),
        dispose: () => adversary.dispose(),
      },
    };
  },
});
