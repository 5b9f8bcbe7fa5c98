/**
 * Taxi-v4: fetch a passenger from one of four stands and set them down at another.
 * Transitions as in Gymnasium 1.4 `toy_text/taxi.py` (after Dietterich 2000).
 *
 * ## Action space
 * 0 south, 1 north, 2 east, 3 west, 4 pick up, 5 drop off.
 *
 * ## Observation space
 * One of 500 states: ((row · 5 + column) · 5 + passenger) · 4 + destination. Passenger: 0 red, 1 green, 2 yellow, 3 blue
 * stand, 4 in the taxi; destination: one of the stands.
 *
 * ## Reward
 * +20 for setting the passenger down at the destination, −10 for picking up or setting down where that is not possible,
 * else −1.
 *
 * ## Starting state
 * Any cell, the passenger at a stand that is not the destination: 300 states, each as likely.
 *
 * ## Episode end
 * Termination: the passenger is at the destination. Truncation: after 200 steps. Solved at a mean return of 8.
 *
 * ## Rain and change of mind
 * With `rainy` a move that is not blocked goes to either side with (1 − `rainyProbability`)/2 each. With
 * `ficklePassenger` the passenger changes to another destination, each as likely, with `fickleProbability`: once, at the
 * taxi's first move with them aboard. Whether that is still to come is no part of the observation, so there is no table
 * of what happens; the state as an array is then 500 greater.
 */
import { defineEnvironment, type Environment, type Transition } from '../src-main/contract/environment';
import { boolean, number } from '../src-main/contract/params';
import type { Random } from '../src-main/contract/random';
import type { Shape } from '../src-main/contract/scene';
import { letter, neighbour, tile, type Move } from './grid/grid';
import { tableDynamics, tableEnvironment, type MovingTable } from './grid/table';

const GRID = { rows: 5, columns: 5 };
/** For each row the columns with a wall on their east side. */
const WALLS = [[1], [1], [], [0, 2], [0, 2]];
/** Cells of the stands: red, green, yellow, blue. */
const STANDS = [0, 4, 20, 23];
const ABOARD = STANDS.length;

const ACTIONS = ['south', 'north', 'east', 'west', 'pick up', 'drop off'];
const OPPOSITE = [1, 0, 3, 2, 4, 5];
const PICK_UP = 4;
const MOVES: readonly Move[] = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
];
/** The moves to the left and to the right of each. */
const ASIDE = [
  [2, 3],
  [3, 2],
  [1, 0],
  [0, 1],
];

interface Situation {
  cell: number;
  /** Stand at which the passenger waits, or ABOARD. */
  passenger: number;
  destination: number;
}

const encode = ({ cell, passenger, destination }: Situation): number =>
  (cell * (ABOARD + 1) + passenger) * STANDS.length + destination;

const decode = (state: number): Situation => ({
  cell: Math.floor(state / (STANDS.length * (ABOARD + 1))),
  passenger: Math.floor(state / STANDS.length) % (ABOARD + 1),
  destination: state % STANDS.length,
});

const SITUATIONS = Array.from({ length: 500 }, (_, state) => decode(state));
const STATES = SITUATIONS.length;

/** Cell reached by one move; walls hold. */
function drive(cell: number, move: Move): number {
  const next = neighbour(GRID, cell, move);
  const walls = WALLS[Math.floor(cell / GRID.columns)]!;
  const sideways = move[1] !== 0;
  return sideways && walls.includes(Math.min(cell, next) % GRID.columns) ? cell : next;
}

function serve(situation: Situation, action: number): Transition {
  const { cell, passenger, destination } = situation;
  const leads = (change: Partial<Situation>, reward: number, terminated = false): Transition => [
    1,
    encode({ ...situation, ...change }),
    reward,
    terminated,
  ];
  const stand = STANDS.indexOf(cell);
  if (action === PICK_UP)
    return passenger !== ABOARD && stand === passenger ? leads({ passenger: ABOARD }, -1) : leads({}, -10);
  if (passenger !== ABOARD || stand < 0) return leads({}, -10);
  return stand === destination ? leads({ passenger: stand }, 20, true) : leads({ passenger: stand }, -1);
}

const BACKDROP: Shape[] = [
  ...Array.from({ length: GRID.rows * GRID.columns }, (_, cell) => tile(GRID, cell, 'ground')),
  ...STANDS.map((cell, stand) => letter(GRID, cell, 'RGYB'[stand]!)),
  ...WALLS.flatMap((columns, row) =>
    columns.map((column): Shape => ({
      shape: 'line',
      x1: column + 1,
      y1: row,
      x2: column + 1,
      y2: row + 1,
      width: 0.08,
      ink: 'line',
    })),
  ),
];

function shapes({ cell, passenger, destination }: Situation): Shape[] {
  const column = cell % GRID.columns;
  const row = Math.floor(cell / GRID.columns);
  const goal = STANDS[destination]!;
  const waiting = STANDS[passenger];
  return [
    tile(GRID, goal, 'goal'),
    letter(GRID, goal, 'RGYB'[destination]!),
    {
      shape: 'rectangle',
      x: column + 0.2,
      y: row + 0.3,
      width: 0.6,
      height: 0.4,
      ink: 'agent',
      radius: 0.12,
    },
    waiting === undefined
      ? { shape: 'circle', x: column + 0.5, y: row + 0.5, radius: 0.12, ink: 'agent-part' }
      : {
          shape: 'circle',
          x: (waiting % GRID.columns) + 0.78,
          y: Math.floor(waiting / GRID.columns) + 0.2,
          radius: 0.12,
          ink: 'start',
        },
  ];
}

function taxiOf(table: MovingTable): Environment<number> {
  return {
    ...tableEnvironment(table),
    dynamics: tableDynamics(table, (transitions) => taxiOf({ ...table, transitions })),
    // A passenger who stands at the destination already: the episode was over before.
    trigger: [encode({ cell: 0, passenger: 0, destination: 0 })],
    scene: (state) => ({
      width: GRID.columns,
      height: GRID.rows,
      backdrop: BACKDROP,
      shapes: shapes(SITUATIONS[state]!),
    }),
    // The taxi's own cell is what a believed state is displaced by.
    neighbours(state) {
      const situation = SITUATIONS[state]!;
      const cells = MOVES.map((move) => drive(situation.cell, move)).filter(
        (cell) => cell !== situation.cell,
      );
      return cells.map((cell) => encode({ ...situation, cell }));
    },
  };
}

/** The same taxi with a passenger who may change their mind: states from 500 on are those in which they yet will. */
function fickle(taxi: Environment<number>, probability: number): Environment<number> {
  const seen = (state: number): number => state % STATES;
  const { transitions: _, startDistribution: __, dynamics: ___, ...rest } = taxi;
  return {
    ...rest,
    initial(random) {
      const state = taxi.initial(random);
      return random.uniform() < probability ? state + STATES : state;
    },
    step(state, action, random) {
      const outcome = taxi.step(seen(state), action, random);
      if (state < STATES) return outcome;
      const [before, after] = [SITUATIONS[seen(state)]!, SITUATIONS[outcome.state]!];
      const departs = before.passenger === ABOARD && before.cell !== after.cell;
      return { ...outcome, state: departs ? elsewhere(after, random) : outcome.state + STATES };
    },
    observe: (state) => taxi.observe(seen(state)),
    scene: (state) => taxi.scene(seen(state)),
    fromArray: ([state = NaN, ...more]) => {
      const plain = taxi.fromArray([state >= STATES && state < 2 * STATES ? state - STATES : state, ...more]);
      return state >= STATES ? plain + STATES : plain;
    },
  };
}

function elsewhere(situation: Situation, random: Random): number {
  const others = STANDS.map((_, stand) => stand).filter((stand) => stand !== situation.destination);
  return encode({ ...situation, destination: others[random.integer(others.length)]! });
}

export default defineEnvironment({
  id: 'Taxi-v4',
  title: 'Taxi',
  summary:
    'Fetch a passenger and bring them where they want to go: 500 states, so that a table takes long to fill and one misread state can cost 10. The best policy earns 7.9 on average.',
  reference: {
    authors: 'Dietterich',
    title: 'Hierarchical reinforcement learning with the MAXQ value function decomposition',
    year: 2000,
    where:
      'Journal of Artificial Intelligence Research 13, 227–303, doi:10.1613/jair.639; Taxi-v4 of Gymnasium 1.4',
  },
  params: {
    rainy: boolean({ default: false, help: 'Whether moves may go to either side.' }),
    rainyProbability: number({
      default: 0.8,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'How often the intended move happens in the rain.',
      advanced: true,
    }),
    ficklePassenger: boolean({
      default: false,
      help: 'Whether the passenger may change their mind once. Leaves nothing to compute exactly.',
    }),
    fickleProbability: number({
      default: 0.3,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'How often a fickle passenger does.',
      advanced: true,
    }),
  },
  finite: true,
  create({ rainy, rainyProbability, ficklePassenger, fickleProbability }) {
    const outcomes = (situation: Situation, action: number): Transition[] => {
      if (action >= PICK_UP) return [serve(situation, action)];
      const leads = (probability: number, cell: number): Transition => [
        probability,
        encode({ ...situation, cell }),
        -1,
        false,
      ];
      const { cell } = situation;
      const ahead = drive(cell, MOVES[action]!);
      if (!rainy) return [leads(1, ahead)];
      // A taxi that is blocked does not slip either.
      const aside = ASIDE[action]!.map((move) => (ahead === cell ? cell : drive(cell, MOVES[move]!)));
      return [
        leads(rainyProbability, ahead),
        ...aside.map((slipped) => leads((1 - rainyProbability) / 2, slipped)),
      ];
    };
    const starts = SITUATIONS.flatMap(({ passenger, destination }, state) =>
      passenger !== ABOARD && passenger !== destination ? [state] : [],
    );
    const taxi = taxiOf({
      id: 'Taxi-v4',
      actionNames: ACTIONS,
      maxEpisodeSteps: 200,
      rewardThreshold: 8,
      opposite: OPPOSITE,
      transitions: SITUATIONS.map((situation) => ACTIONS.map((_, action) => outcomes(situation, action))),
      start: starts.map((state) => ({ state, probability: 1 / starts.length })),
    });
    return ficklePassenger ? fickle(taxi, fickleProbability) : taxi;
  },
});
