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
import { defineEnvironment } from '../src-main/contract/environment';
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

const GRAVITY = 9.8;
const MASS_CART = 1.0;
const MASS_POLE = 0.1;
const TOTAL_MASS = MASS_POLE + MASS_CART;
/** Half the pole's length, in metres. */
const LENGTH = 0.5;
const POLE_MASS_LENGTH = MASS_POLE * LENGTH;
const FORCE = 10.0;
/** Seconds a step. */
const TAU = 0.02;
const X_LIMIT = 2.4;
const THETA_LIMIT = (12 * 2 * Math.PI) / 360;
const RESET_RANGE = 0.05;

function advance({ x, xDot, theta, thetaDot }: CartPoleState, action: number): Omit<CartPoleState, 'ended'> {
  const force = action === 1 ? FORCE : -FORCE;
  const cos = Math.cos(theta);
  const sin = Math.sin(theta);
  const temp = (force + POLE_MASS_LENGTH * (thetaDot * thetaDot) * sin) / TOTAL_MASS;
  const thetaAcc =
    (GRAVITY * sin - cos * temp) / (LENGTH * (4.0 / 3.0 - (MASS_POLE * (cos * cos)) / TOTAL_MASS));
  const xAcc = temp - (POLE_MASS_LENGTH * thetaAcc * cos) / TOTAL_MASS;
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
const POLE_LENGTH = 2 * LENGTH * SCALE;

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

function shapes({ x, theta }: CartPoleState): Shape[] {
  const centre = across(x);
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
      ...along(limit, POLE_LENGTH + 14),
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
    { shape: 'line', ...along(theta, POLE_LENGTH), width: 9, ink: 'agent-part' },
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
  create({ suttonBartoReward }) {
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
        const moved = advance(state, action);
        const terminated = fallen(moved);
        const { x, xDot, theta, thetaDot } = moved;
        // Written out: a spread would take most of the time of a step.
        const next = { x, xDot, theta, thetaDot, ended: state.ended || terminated };
        if (suttonBartoReward) return { state: next, reward: terminated ? -1 : 0, terminated };
        // The step that ends an episode pays; those beyond it do not.
        return { state: next, reward: terminated && state.ended ? 0 : 1, terminated };
      },
      observe: ({ x, xDot, theta, thetaDot }) => Float32Array.of(x, xDot, theta, thetaDot),
      scene: (state) => ({ width: WIDTH, height: HEIGHT, backdrop: BACKDROP, shapes: shapes(state) }),
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
    };
  },
});
