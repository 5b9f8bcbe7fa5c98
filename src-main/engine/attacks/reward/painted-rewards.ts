import { lines } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';
import { cellLines } from '../cell-lines';

/** Cells that pay what somebody painted on them, whenever they are entered. */
export default defineRewardAttack({
  id: 'painted-rewards',
  title: 'Painted rewards',
  summary:
    'Cells of a grid world pay what is painted on them whenever they are entered, in place of what the environment pays. Paint a reward on the map and see which way the policy bends.',
  limits: 'Says nothing of how little would have been enough; the targeted attacks do.',
  reference: {
    authors: 'Y. Huang, Q. Zhu',
    title: 'Deceptive reinforcement learning under adversarial manipulations on cost signals',
    year: 2019,
    where: 'GameSec, arXiv:1906.10571',
  },
  knowledge: 'none',
  requires: ['finite-states'],
  params: {
    rewards: lines({
      holds: 'cell-rewards',
      help: 'What entering a cell pays, a line each: “6 = -1”. Cells are counted row by row, from 0.',
    }),
  },
  plan({ rewards }, { environment }) {
    if (!rewards)
      throw new RangeError('rewards: found nothing; expected at least one painted cell, as in “6 = -1”');
    const states = environment.transitions!().length;
    const painted = new Map(
      cellLines('rewards', rewards, states, false).map(({ cell, value, line }) => {
        const reward = Number(value.replace('−', '-'));
        if (!Number.isFinite(reward))
          throw new RangeError(`rewards: “${line}” pays “${value}”; expected a number, as in “6 = -1”`);
        return [cell, reward] as const;
      }),
    );
    return { marks: 'entered', pay: ({ next, reward }) => painted.get(next[0]!) ?? reward };
  },
});
