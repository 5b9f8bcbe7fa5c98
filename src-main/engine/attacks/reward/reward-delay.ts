import { integer } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';

/** The learner is paid at step t what it earned at step t − delay. */
export default defineRewardAttack({
  id: 'reward-delay',
  title: 'Reward delay',
  summary:
    'Pays every reward some steps late, for an action that had nothing to do with it. What is still due when an episode ends is never paid, so that a task which pays only at its end pays nothing at all.',
  limits: 'A constant reward is late unnoticed but for an episode’s first steps.',
  reference: {
    authors: 'J. Arjona-Medina, M. Gillhofer, M. Widrich, T. Unterthiner, J. Brandstetter, S. Hochreiter',
    title: 'RUDDER: return decomposition for delayed rewards',
    year: 2019,
    where: 'NeurIPS, arXiv:1806.07857',
  },
  knowledge: 'none',
  requires: [],
  params: {
    delay: integer({
      default: 3,
      min: 0,
      max: 100_000,
      unit: 'steps',
      help: 'Steps that every reward is late.',
    }),
  },
  plan({ delay }) {
    /** By row: what is still due, oldest first. */
    const due = new Map<number, number[]>();
    return {
      pay({ row, reward, terminated, truncated }) {
        const waiting = due.get(row) ?? [];
        waiting.push(reward);
        const paid = waiting.length > delay ? waiting.shift()! : 0;
        due.set(row, terminated || truncated ? [] : waiting);
        return paid;
      },
    };
  },
});
