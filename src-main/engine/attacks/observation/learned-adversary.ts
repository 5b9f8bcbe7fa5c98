import { integer, number } from '../../../contract/params';
import { defineObservationAttack } from '../../definitions';
import { Adversary, adversaryWork } from '../../rl/adversary';
import { boxParams, inBox } from '../observation-budget';

/**
 * Learned optimal adversary (SA-RL; Zhang et al. 2021): a second agent learns, by playing against the first, which
 * perturbation costs it most over the whole episode; see `rl/adversary.ts`. The likeliest of its moves is played.
 */
export default defineObservationAttack({
  id: 'learned-adversary',
  title: 'Learned adversary (SA-RL)',
  summary:
    'A second agent learns in many episodes how to perturb what the first one sees, paid by what that one loses. Plans ahead where all others look at one step: the strongest attack where its training succeeds.',
  limits:
    'Learnt anew for every agent and epsilon, which takes a minute or more; what it finds depends on its own training.',
  reference: {
    authors: 'H. Zhang, H. Chen, D. Boning, C.-J. Hsieh',
    title: 'Robust reinforcement learning on state observations with learned optimal adversary',
    year: 2021,
    where: 'ICLR, arXiv:2101.08452',
  },
  // It needs the agent's actions alone, but without limit, and is stronger because it plans ahead: counted with the
  // black-box attacks, the verdict would take that for masked gradients.
  knowledge: 'white-box',
  requires: ['box-observations'],
  params: {
    ...boxParams,
    trainingSteps: integer({
      default: 60_000,
      min: 512,
      max: 100_000_000,
      unit: 'environment steps',
      help: 'Length of its training against the agent.',
    }),
    learningRate: number({
      default: 0.001,
      min: 0,
      exclusiveMin: true,
      max: 1,
      help: 'Of Adam, at the start.',
      advanced: true,
    }),
  },
  ...inBox,
  fitCost: ({ trainingSteps }) => adversaryWork(trainingSteps),
  async fit({ policy, environment }, { trainingSteps, learningRate }, context) {
    const adversary = new Adversary(environment, learningRate, context);
    const fittedReturn = await adversary.learn(policy, context.ball, trainingSteps);
    return {
      metrics: { fittedReturn },
      perturb: (observations, _policy, _params, { ball }) => adversary.perturb(observations, ball),
      dispose: () => adversary.dispose(),
    };
  },
});
