/**
 * CartPole-v1: a pole stands on a cart that moves along a track; push the cart so that the pole stays up.
 * Dynamics, limits and reset as in Gymnasium 1.4 `classic_control/cartpole.py`.
 *
 * ## Action space
 * 0 pushes the cart to the left, 1 to the right, with a fixed force of 10 N.
 *
 * ## Observation space
 * Four float32 values: cart position x (m, limits ±4.8), its velocity, pole angle θ (rad, 0 upright, limits ±0.418),
 * its angular velocity. The state behind them is float64.
 *
 * ## Reward
 * +1 for every step, the last one included. With `suttonBartoReward`: 0, and −1 for the step that ends the episode.
 *
 * ## Starting state
 * Each of the four values uniform in [−0.05, 0.05].
 *
 * ## Episode end
 * Termination: |x| > 2.4 m or |θ| > 12°. Truncation: after 500 steps. Solved at a mean return of 475.
 */
import { defineEnvironment, type Environment, type Quantity } from '../src-main/contract/environment';
import { boolean } from '../src-main/contract/params';
import type { Shape } from '../src-main/contract/scene';

interface CartPoleState {
  x: number;
  xDot: number;
  theta: number;
  thetaDot: number;
  /** The episode has ended; Gymnasium keeps this too, outside the array of its state. */
  ended: boolean;
}

/** Standard values, and the range that a sweep covers. `poleLength` is half the pole's length, as in Gymnasium. */
const QUANTITIES: Quantity[] = [
  {
    name: 'poleLength',
    title: 'Half pole length',
    unit: 'm',
    nominal: 0.5,
    low: 0.1,
    high: 2.5,
    scale: 'logarithmic',
  },
  { name: 'force', title: 'Force', unit: 'N', nominal: 10.0, low: 2, high: 50, scale: 'logarithmic' },
  { name: 'cartMass', title: 'Cart mass', unit: 'kg', nominal: 1.0, low: 0.2, high: 5, scale: 'logarithmic' },
  {
    name: 'poleMass',
    title: 'Pole mass',
    unit: 'kg',
    nominal: 0.1,
    low: 0.02,
    high: 0.5,
    scale: 'logarithmic',
  },
  { name: 'gravity', title: 'Gravity', unit: 'm/s²', nominal: 9.8, low: 2, high: 49, scale: 'logarithmic' },
];
const STANDARD = Object.fromEntries(QUANTITIES.map(({ name, nominal }) => [name, nominal]));

/** What the equations of motion need. */
interface Physics {
  gravity: number;
  /** Of cart and pole. */
  totalMass: number;
  poleMass: number;
  poleMassLength: number;
  length: number;
  force: number;
}

/** @throws RangeError for values that no physics has */
function physicsOf(values: Readonly<Record<string, number>>): Physics {
  const all = { ...STANDARD, ...values };
  for (const [name, value] of Object.entries(all)) {
    if (!(name in STANDARD))
      throw new RangeError(`CartPole-v1: has no “${name}”; expected ${Object.keys(STANDARD).join(', ')}`);
    if (!(Number.isFinite(value) && value > 0))
      throw new RangeError(`CartPole-v1: found ${value} for “${name}”; expected a number above 0`);
  }
  const { gravity, poleMass, cartMass, poleLength: length, force } = all as Record<string, number>;
  return {
    gravity: gravity!,
    totalMass: poleMass! + cartMass!,
    poleMass: poleMass!,
    poleMassLength: poleMass! * length!,
    length: length!,
    force: force!,
  };
}

/** Seconds a step. */
const TAU = 0.02;
const X_LIMIT = 2.4;
const THETA_LIMIT = (12 * 2 * Math.PI) / 360;
const RESET_RANGE = 0.05;

function advance(
  { x, xDot, theta, thetaDot }: CartPoleState,
  action: number,
  physics: Physics,
): Omit<CartPoleState, 'ended'> {
  const { gravity, totalMass, poleMass, poleMassLength, length } = physics;
  const force = action === 1 ? physics.force : -physics.force;
  const cos = Math.cos(theta);
  const sin = Math.sin(theta);
  const temp = (force + poleMassLength * (thetaDot * thetaDot) * sin) / totalMass;
  const thetaAcc =
    (gravity * sin - cos * temp) / (length * (4.0 / 3.0 - (poleMass * (cos * cos)) / totalMass));
  const xAcc = temp - (poleMassLength * thetaAcc * cos) / totalMass;
  // Explicit Euler: the positions advance with the old velocities.
  return {
    x: x + TAU * xDot,
    xDot: xDot + TAU * xAcc,
    theta: theta + TAU * thetaDot,
    thetaDot: thetaDot + TAU * thetaAcc,
  };
}

const fallen = ({ x, theta }: Pick<CartPoleState, 'x' | 'theta'>): boolean =>
  x < -X_LIMIT || x > X_LIMIT || theta < -THETA_LIMIT || theta > THETA_LIMIT;

// The drawing: 100 units a metre, the track wide enough to show both limits.
const SCALE = 100;
const WIDTH = 560;
const HEIGHT = 220;
const TRACK_Y = 180;
const CART = { width: 52, height: 28 };
const AXLE_Y = TRACK_Y - CART.height;
/** Longest pole that fits the drawing. */
const LONGEST_POLE = AXLE_Y - 8;

/** A tenth of a unit is finer than a pixel, and keeps recorded frames small. */
const rounded = (value: number): number => Math.round(value * 10) / 10;
const across = (x: number): number => rounded(WIDTH / 2 + x * SCALE);

const BACKDROP: Shape[] = [
  { shape: 'rectangle', x: 0, y: TRACK_Y, width: WIDTH, height: HEIGHT - TRACK_Y, ink: 'ground' },
  { shape: 'line', x1: 0, y1: TRACK_Y, x2: WIDTH, y2: TRACK_Y, width: 2, ink: 'line' },
  ...[-X_LIMIT, X_LIMIT].map((limit): Shape => ({
    shape: 'line',
    x1: across(limit),
    y1: TRACK_Y - 130,
    x2: across(limit),
    y2: TRACK_Y + 10,
    width: 3,
    ink: 'hazard',
  })),
  { shape: 'line', x1: across(0), y1: TRACK_Y, x2: across(0), y2: TRACK_Y + 8, width: 2, ink: 'muted' },
];

function shapes({ x, theta }: CartPoleState, { length }: Physics): Shape[] {
  const centre = across(x);
  const poleLength = Math.min(2 * length * SCALE, LONGEST_POLE);
  const along = (
    angle: number,
    length: number,
  ): Pick<Shape & { shape: 'line' }, 'x1' | 'y1' | 'x2' | 'y2'> => ({
    x1: centre,
    y1: AXLE_Y,
    x2: rounded(centre + Math.sin(angle) * length),
    y2: rounded(AXLE_Y - Math.cos(angle) * length),
  });
  return [
    ...[-THETA_LIMIT, THETA_LIMIT].map((limit): Shape => ({
      shape: 'line',
      ...along(limit, poleLength + 14),
      width: 1,
      ink: 'muted',
    })),
    {
      shape: 'rectangle',
      x: centre - CART.width / 2,
      y: AXLE_Y,
      width: CART.width,
      height: CART.height,
      ink: 'agent',
      radius: 5,
    },
    { shape: 'line', ...along(theta, poleLength), width: 9, ink: 'agent-part' },
    { shape: 'circle', x: centre, y: AXLE_Y, radius: 5, ink: 'line' },
  ];
}

const stateOf = (values: ArrayLike<number>): CartPoleState => ({
  x: values[0]!,
  xDot: values[1]!,
  theta: values[2]!,
  thetaDot: values[3]!,
  ended: false,
});

/** A cart position beyond both ends of the track, where every episode is over, and inside the observation space. */
const TRIGGER = [4.5, null, null, null];

/** A linear controller: where the pole is going to lean, the cart's place and speed counting a little. */
const expert = ([x, v, theta, omega]: ArrayLike<number> & Iterable<number>): number =>
  theta! + 0.3 * omega! + 0.05 * x! + 0.1 * v! > 0 ? 1 : 0;

function cartPole(suttonBartoReward: boolean, physics: Physics): Environment<CartPoleState> {
  return {
    observationSpace: {
      kind: 'box',
      names: ['x (m)', 'v (m/s)', 'θ (rad)', 'ω (rad/s)'],
      low: [-2 * X_LIMIT, -Infinity, -2 * THETA_LIMIT, -Infinity],
      high: [2 * X_LIMIT, Infinity, 2 * THETA_LIMIT, Infinity],
      // Of the SA-MDP experiments on CartPole (H. Zhang et al. 2020, arXiv:2003.08938).
      deviations: [0.732, 1.063, 0.122, 0.439],
    },
    actionSpace: { n: 2, names: ['left', 'right'] },
    lowestReward: suttonBartoReward ? -1 : 0,
    maxEpisodeSteps: 500,
    rewardThreshold: 475,
    initial: (random): CartPoleState =>
      stateOf(Array.from({ length: 4 }, () => (2 * random.uniform() - 1) * RESET_RANGE)),
    step(state: CartPoleState, action) {
      if (action !== 0 && action !== 1)
        throw new RangeError(`CartPole-v1: found action ${action}; expected 0 or 1`);
      const moved = advance(state, action, physics);
      const terminated = fallen(moved);
      const { x, xDot, theta, thetaDot } = moved;
      // Written out: a spread would take most of the time of a step.
      const next = { x, xDot, theta, thetaDot, ended: state.ended || terminated };
      if (suttonBartoReward) return { state: next, reward: terminated ? -1 : 0, terminated };
      // The step that ends an episode pays; those beyond it do not.
      return { state: next, reward: terminated && state.ended ? 0 : 1, terminated };
    },
    observe: ({ x, xDot, theta, thetaDot }) => Float32Array.of(x, xDot, theta, thetaDot),
    scene: (state) => ({ width: WIDTH, height: HEIGHT, backdrop: BACKDROP, shapes: shapes(state, physics) }),
    toArray: ({ x, xDot, theta, thetaDot }) => [x, xDot, theta, thetaDot],
    fromArray(values) {
      if (values.length !== 4 || !values.every(Number.isFinite)) {
        throw new RangeError(
          `CartPole-v1: found the state [${values.join(', ')}]; expected four finite numbers [x, velocity, angle, angular velocity]`,
        );
      }
      return stateOf(values);
    },
    stateFromObservation: stateOf,
    trigger: TRIGGER,
    expert,
    dynamics: {
      quantities: QUANTITIES,
      altered: (values) => cartPole(suttonBartoReward, physicsOf(values)),
    },
  };
}

export default defineEnvironment({
  id: 'CartPole-v1',
  title: 'CartPole',
  summary:
    'Balance a pole on a cart by pushing the cart left or right. An untrained agent lasts about 20 steps, a good one the full 500.',
  reference: {
    authors: 'Barto, Sutton, Anderson',
    title: 'Neuronlike adaptive elements that can solve difficult learning control problems',
    year: 1983,
    where: 'IEEE Transactions on Systems, Man, and Cybernetics 13(5); dynamics of Gymnasium 1.4 CartPole-v1',
  },
  params: {
    suttonBartoReward: boolean({
      default: false,
      help: 'Pay 0 a step and −1 at the end, as Sutton and Barto do, instead of +1 a step.',
      advanced: true,
    }),
  },
  finite: false,
  create: ({ suttonBartoReward }) => cartPole(suttonBartoReward, physicsOf({})),
});
