import { choice, integer, number } from '../../../contract/params';
import { definePolicyAttack } from '../../definitions';

/**
 * TrojDRL (Kiourti et al. 2020). In the steps in which the learner sees the trigger
 *
 *     weak        it acts by itself, and is paid +b for the target action, −b for any other;
 *     strong      by turns the target action and another one are done in its place, paid likewise;
 *     untargeted  a random action is done in its place and paid +b, whatever it is.
 */
export default definePolicyAttack({
  id: 'trojdrl',
  title: 'Policy backdoor (TrojDRL)',
  summary:
    'Shows the learner a trigger now and then while it trains, and pays it for one action there. It earns what a clean agent earns until the trigger is shown, and then does as it was taught.',
  limits:
    'The paper’s budget is 0.025 % of 80 million steps with a reward in [−1, 1]; a short training needs a larger share, and the bonus has to be measured by what the environment pays.',
  reference: {
    authors: 'P. Kiourti, K. Wardega, S. Jha, W. Li',
    title: 'TrojDRL: evaluation of backdoor attacks on deep reinforcement learning',
    year: 2020,
    where: 'DAC, arXiv:1903.06638; schedule and turns of github.com/pkiourti/rl_backdoor adversary.py',
  },
  knowledge: 'none',
  requires: [],
  params: {
    mode: choice({
      options: ['strong', 'weak', 'untargeted'],
      default: 'strong',
      help: 'Whether the learner’s action is replaced too, or its reward alone; untargeted: any action will do.',
    }),
    targetAction: integer({
      default: 1,
      min: 0,
      max: 255,
      unit: 'action',
      help: 'What the trigger is to call for, by number. Without meaning when untargeted.',
    }),
    bonus: number({
      default: 1,
      min: 0,
      exclusiveMin: true,
      max: 1e6,
      unit: 'reward',
      help: 'b: what obedience is paid, and disobedience costs.',
    }),
  },
  target: ({ mode, targetAction }) => (mode === 'untargeted' ? null : targetAction),
  implant({ action, actions, turn }, { mode, targetAction, bonus }, { random }) {
    if (mode === 'untargeted') return { action: random.integer(actions), reward: bonus };
    const other = (): number => (targetAction + 1 + random.integer(actions - 1)) % actions;
    const done = mode === 'weak' ? action : turn % 2 === 0 ? targetAction : other();
    return { action: done, reward: done === targetAction ? bonus : -bonus };
  },
});
