import { number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineDynamicsAttack } from '../../definitions';

const factor = (what: string) =>
  number({
    default: 1,
    min: 0,
    exclusiveMin: true,
    max: 1000,
    unit: 'times',
    help: `${what}, as a multiple of what the environment has. 1 leaves it as it is.`,
  });
const chance = (what: string) =>
  number({ default: 0, min: 0, max: 1, unit: 'probability', help: `${what} On grids only; 0 is none.` });

const FACTORS = {
  poleLength: factor('Length of the pole'),
  force: factor('Force of a push'),
  cartMass: factor('Mass of the cart'),
  poleMass: factor('Mass of the pole'),
  gravity: factor('Gravity'),
};
const CHANCES = {
  slip: chance('How often a move goes to either side, on top of what the environment does by itself.'),
  recoil: chance('How often a move goes backwards.'),
};
type Shift = Record<keyof typeof FACTORS | keyof typeof CHANCES, number>;

/** The quantities that are not left as they are, in the order of the parameters. */
const named = (params: Shift): [string, number][] =>
  Object.entries(params).filter(([name, value]) => value !== (name in FACTORS ? 1 : 0));

/** Another world than the one trained in: one or several quantities of the dynamics have other values. */
export default defineDynamicsAttack({
  id: 'dynamics-shift',
  title: 'Dynamics shift',
  summary:
    'Evaluates the agent in a world whose masses, lengths, forces or slipperiness differ from the one it was trained in. Give a list of values to draw how its return falls.',
  limits: 'Nothing is sought: it is as bad as the values given.',
  reference: {
    authors: 'L. Pinto, J. Davidson, R. Sukthankar, A. Gupta',
    title: 'Robust adversarial reinforcement learning',
    year: 2017,
    where: 'ICML, arXiv:1703.02702',
  },
  knowledge: 'none',
  requires: [],
  params: { ...FACTORS, ...CHANCES },
  check({ quantities, altered }, params) {
    const place = (name: string): string => `attacks.dynamics-shift.${name}`;
    const known = quantities.map(({ name }) => name);
    const given = named(params);
    const foreign = given.find(([name]) => !known.includes(name));
    if (foreign) {
      throw new LabError(
        place(foreign[0]),
        `found ${foreign[1]}, but the environment has no such quantity; expected some of ${known.join(', ')}`,
        'Leave it out, or choose another environment.',
      );
    }
    try {
      altered(Object.fromEntries(given));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new LabError(place(given[0]![0]), error.message, 'Correct the values.');
    }
  },
  trials: () => 0,
  alter(params, { dynamics: { quantities } }) {
    const nominal = (name: string): number => quantities.find((quantity) => quantity.name === name)!.nominal;
    const values = named(params).map(([name, value]) => [
      name,
      name in FACTORS ? value * nominal(name) : value,
    ]);
    return Promise.resolve({ values: Object.fromEntries(values) as Record<string, number> });
  },
});
