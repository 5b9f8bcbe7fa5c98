import { choice, integer, number, type ParamsOf } from '../../../contract/params';
import type { Dynamics, Quantity } from '../../../contract/environment';
import { LabError } from '../../../contract/problem';
import { defineDynamicsAttack } from '../../definitions';
import { sweep } from '../../rl/dynamics';

const OPTIONS = ['auto', 'poleLength', 'force', 'cartMass', 'poleMass', 'gravity', 'slip', 'recoil'] as const;

const params = {
  first: choice({
    options: OPTIONS,
    default: 'auto',
    help: 'Quantity of the first axis; auto: the first the environment has.',
  }),
  second: choice({
    options: OPTIONS,
    default: 'auto',
    help: 'Quantity of the second axis; auto: the next one the environment has.',
  }),
  reach: number({
    default: 1,
    min: 0,
    max: 1,
    unit: 'share of the range',
    help: 'How far both may leave their nominal values: CartPole’s quantities to a fifth and five times at 1, slip and recoil to 0.5.',
  }),
  points: integer({
    default: 7,
    min: 2,
    max: 101,
    unit: 'count',
    help: 'Values along each axis; an odd number has the nominal one among them.',
  }),
  searches: integer({
    default: 20,
    min: 0,
    max: 10_000,
    unit: 'worlds',
    help: 'Worlds that may be tried after the sweep, to find a worse one than it met.',
  }),
  episodes: integer({
    default: 10,
    min: 1,
    max: 10_000,
    unit: 'episodes',
    help: 'Played in each world where returns cannot be computed.',
  }),
};

/** The two axes. Throws LabError for a quantity the environment lacks, or one that is given twice. */
function axes({ quantities }: Dynamics, { first, second }: ParamsOf<typeof params>): [Quantity, Quantity] {
  const known = quantities.map(({ name }) => name);
  const pick = (axis: 'first' | 'second', name: string, other: string): Quantity => {
    const found = quantities.find((quantity) =>
      name === 'auto' ? quantity.name !== other : quantity.name === name,
    );
    if (found && name !== other) return found;
    throw new LabError(
      `attacks.worst-dynamics.${axis}`,
      `found “${name}”; expected one of ${known.join(', ')}, and two different ones`,
      'Choose other quantities, or another environment.',
    );
  };
  const one = pick('first', first, second === 'auto' ? '' : second);
  return [one, pick('second', second, one.name)];
}

/**
 * Sweeps two quantities of the dynamics and searches for the worst world from the worst point of the sweep. The episodes of
 * the search are not those the result is scored on.
 */
export default defineDynamicsAttack({
  id: 'worst-dynamics',
  title: 'Worst dynamics',
  summary:
    'Evaluates the agent over a grid of two quantities, which gives its robustness surface, and goes on from the worst point to a still worse one nearby. The agent is then scored in the worst world found.',
  limits: 'Two quantities at a time, and a local search: a worse world may lie elsewhere.',
  reference: {
    authors: 'A. Rajeswaran, S. Ghotra, B. Ravindran, S. Levine',
    title: 'EPOpt: learning robust neural network policies using model ensembles',
    year: 2017,
    where: 'ICLR, arXiv:1610.01283',
  },
  knowledge: 'score',
  requires: [],
  params,
  check: (dynamics, given) => void axes(dynamics, given),
  trials: ({ points, searches, episodes }) => (points * points + searches) * episodes,
  async alter(given, context) {
    const quantities = axes(context.dynamics, given);
    const surface = await sweep({
      ...given,
      quantities,
      worth: (values) => context.worth(values, given.episodes),
      exact: context.exact,
    });
    const { first, second, worst, returns } = surface;
    const mean = returns.reduce((sum, earned) => sum + earned, 0) / returns.length;
    return {
      values: { [first.name]: worst.first, [second.name]: worst.second },
      surface,
      metrics: { sweptReturn: mean, worldsTried: surface.swept + surface.searched },
    };
  },
});
