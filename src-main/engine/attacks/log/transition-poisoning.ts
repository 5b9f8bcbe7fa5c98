import { choice, integer, number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineLogAttack } from '../../definitions';
import { rowsOf } from '../../rl/worlds';

/**
 * Poisoned logs of offline learning (after Ma et al. 2019, who alter the rewards of a recorded batch so that a wished-for
 * policy looks best). A share of the recorded steps, drawn evenly, is altered:
 *
 *     action   another recorded action becomes the target;
 *     reward   the target action was paid +b, any other −b;
 *     next     what followed is taken from another recorded step.
 */
export default defineLogAttack({
  id: 'transition-poisoning',
  title: 'Transition poisoning',
  summary:
    'Alters a share of the recorded steps that an offline learner is given: what was done, what was paid, or what followed. A learner that copies is misled by the first, one that values by the others.',
  limits: 'Rows are drawn at random, not chosen for their effect.',
  reference: {
    authors: 'Y. Ma, X. Zhang, W. Sun, X. Zhu',
    title: 'Policy poisoning in batch reinforcement learning and control',
    year: 2019,
    where: 'NeurIPS, arXiv:1910.05821',
  },
  knowledge: 'none',
  requires: ['recorded-steps'],
  params: {
    alters: choice({
      options: ['action', 'reward', 'next'],
      default: 'action',
      help: 'What of a recorded step is altered.',
    }),
    share: number({
      default: 0.1,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'Share of the recorded steps altered.',
    }),
    targetAction: integer({
      default: 0,
      min: 0,
      max: 255,
      unit: 'action',
      help: 'What the learner is to be taught, by number. Without meaning for “next”.',
    }),
    bonus: number({
      default: 1,
      min: 0,
      exclusiveMin: true,
      max: 1e6,
      unit: 'reward',
      help: 'b: what the target action is said to have been paid, and any other to have cost.',
    }),
  },
  poison(log, { alters, share, targetAction, bonus }, { random }) {
    const rows = log.actions.length;
    if (alters !== 'next' && targetAction >= log.choices) {
      throw new LabError(
        'poisoning.transition-poisoning.targetAction',
        `found ${targetAction}; expected a whole number from 0 to ${log.choices - 1}`,
        'Choose an action that the environment has.',
      );
    }
    const [actions, rewards, next] = [log.actions.slice(), log.rewards.slice(), log.next.slice()];
    const order = random.shuffle(Uint32Array.from({ length: rows }, (_, row) => row));
    const alter = (row: number): boolean => {
      if (alters === 'action') {
        actions[row] = targetAction;
        return actions[row] !== log.actions[row];
      }
      if (alters === 'reward') {
        rewards[row] = log.actions[row] === targetAction ? bonus : -bonus;
        return rewards[row] !== log.rewards[row];
      }
      const from = rowsOf(log.next, [random.integer(rows)], log.size);
      next.set(from, row * log.size);
      return from.some((value, i) => value !== log.next[row * log.size + i]);
    };
    const budget = Math.round(share * rows);
    const changed: number[] = [];
    for (let i = 0; i < rows && changed.length < budget; i++) if (alter(order[i]!)) changed.push(order[i]!);
    return { log: { ...log, actions, rewards, next }, changed: Uint32Array.from(changed).sort() };
  },
});
