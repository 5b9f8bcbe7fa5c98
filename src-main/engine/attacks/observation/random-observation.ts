import { integer, number } from '../../../contract/params';
import { defineObservationAttack } from '../../definitions';

/** Random observations: every value moved by U(−ε, ε); on a grid the believed cell is any within k steps, alike. */
export default defineObservationAttack({
  id: 'random-observation',
  title: 'Random observation noise',
  summary:
    'Moves every value of the observation by a uniform draw from [−ε, ε]; on a grid the agent believes itself in a random cell within k steps. Knows nothing of the agent: the yardstick every other attack must beat.',
  reference: {
    authors: 'H. Zhang, H. Chen, C. Xiao, B. Li, M. Liu, D. Boning, C.-J. Hsieh',
    title: 'Robust deep reinforcement learning against adversarial perturbations on state observations',
    year: 2020,
    where: 'NeurIPS, arXiv:2003.08938',
  },
  knowledge: 'none',
  requires: [],
  params: {
    epsilon: number({
      default: 0.1,
      min: 0,
      max: 1000,
      unit: 'observation range',
      help: 'Largest change of each value. Without meaning on grids.',
    }),
    cells: integer({
      default: 1,
      min: 0,
      max: 100,
      unit: 'cells',
      help: 'On grids: how many steps the believed cell may lie off. Without meaning elsewhere.',
    }),
  },
  norm: () => 'linf',
  budget: ({ epsilon, cells }) => ({ box: epsilon, cells }),
  perturb: (observations, _policy, { epsilon }, { random }) =>
    observations.map((value) => value + epsilon * (2 * random.uniform() - 1)),
  displace: (reach) =>
    reach.map(({ cells }) => cells.map((state) => ({ state, probability: 1 / cells.length }))),
});
